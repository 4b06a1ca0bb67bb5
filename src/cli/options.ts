import type { IntensityWindow } from "../base/preprocess.ts";
import type { OptionDefinition } from "./command.ts";

/** Reads a whole number within limits. */
export const whole =
  (low: number, high = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const n = Number(text);
    if (!Number.isInteger(n) || n < low || n > high)
      throw new Error(
        `wanted a whole number from ${low}${high === Number.MAX_SAFE_INTEGER ? " up" : ` to ${high}`}, got "${text}"`,
      );
    return n;
  };

/** Reads a number within limits. */
export const between =
  (low: number, high: number) =>
  (text: string): number => {
    const n = Number(text);
    if (text.trim() === "" || !(n >= low && n <= high))
      throw new Error(`wanted a number from ${low} to ${high}, got "${text}"`);
    return n;
  };

/** Reads names with values: "threshold=0.8,quota=5". */
export const namedValues = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").map((part) => {
      const [name = "", value = "", ...rest] = part.split("=").map((side) => side.trim());
      if (name === "" || value === "" || rest.length > 0) throw new Error(`wanted name=value, got "${part}"`);
      return [name, value];
    }),
  );

/** Reads three numbers, or one for all three: "0.5" or "0.485,0.456,0.406". */
export const threeNumbers = (text: string): [number, number, number] => {
  const parts = text.split(",").map(Number);
  const [a, b = a, c = a] = parts;
  if (parts.some((n) => !Number.isFinite(n)) || (parts.length !== 1 && parts.length !== 3))
    throw new Error(`wanted one number or three with commas between, got "${text}"`);
  return [a!, b!, c!];
};

/** Reads two numbers: "0,4095". */
const twoNumbers = (text: string): [number, number] => {
  const parts = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (parts.length !== 2 || !parts.every(Number.isFinite))
    throw new Error(`wanted two numbers with a comma between, got "${text}"`);
  return [parts[0]!, parts[1]!];
};

/** Reads black and white: "-160,240". */
const window = (text: string): IntensityWindow => {
  const [low, high] = twoNumbers(text);
  if (low >= high) throw new Error(`wanted black below white, got "${text}"`);
  return { low, high };
};

/** Reads a window as DICOM states it, centre and width: "40,400". DICOM PS3.3 C.11.2.1.2. */
const windowLevel = (text: string): IntensityWindow => {
  const [centre, width] = twoNumbers(text);
  if (width <= 1) throw new Error(`wanted a width above 1, got "${text}"`);
  return { low: centre - 0.5 - (width - 1) / 2, high: centre - 0.5 + (width - 1) / 2 };
};

/** How intensities of more than 8 bits are shown. */
export const windowOptions: readonly OptionDefinition[] = [
  {
    flags: "--window <low,high>",
    description:
      "intensities shown black and white, in DICOM, NIfTI and pictures of 16 bits; in DICOM the file's own when left out",
    parse: window,
  },
  {
    flags: "--window-level <centre,width>",
    description: "the same as radiologists say it: 40,400 for --window -160,239",
    parse: windowLevel,
  },
];

/** Which photos belong together, by their names. */
export const groupOption: OptionDefinition = {
  flags: "--group-by <pattern>",
  description:
    "photos whose names match this regular expression alike are of one part or patient, and never stand on both sides of a split; its first group counts, where it has one",
  parse: (text) => {
    try {
      return new RegExp(text, "u");
    } catch {
      throw new Error(`wanted a regular expression, got "${text}"`);
    }
  },
};

export const backboneOptions: readonly OptionDefinition[] = [
  {
    flags: "--backbone <name>",
    description: "network that looks at the photos: a name of `handful model list`, or the path of an .onnx file",
  },
  {
    flags: "--domain <domain>",
    description: "take the backbone recommended for it",
    choices: ["natural", "medical", "industrial"],
  },
  {
    flags: "--features <value>",
    description: "value of the network to take as features; found by itself when left out",
  },
  {
    flags: "--image-size <pixels>",
    description: "input size, for an .onnx file without a JSON beside it",
    parse: whole(8, 2048),
  },
  { flags: "--mean <numbers>", description: "mean of the normalisation, one number or three", parse: threeNumbers },
  {
    flags: "--std <numbers>",
    description: "standard deviation of the normalisation, one number or three",
    parse: threeNumbers,
  },
  { flags: "--fit <how>", description: "how photos are fitted to the input size", choices: ["crop", "squash", "pad"] },
  { flags: "--channels <order>", description: "channel order of the network", choices: ["RGB", "BGR"] },
  ...windowOptions,
  {
    flags: "--spacing <mm>",
    description:
      "resample volumes to voxels of this side, then crop or pad; they are fitted to the input when left out",
    parse: between(0.01, 100),
  },
  { flags: "--offline", description: "never use the network" },
];

/** What a command takes that draws nothing by lot. */
export const runtimeOptions: readonly OptionDefinition[] = [
  {
    flags: "--threads <number>",
    description: "threads of the runtime; one a core when left out",
    parse: whole(1, 1024),
  },
  { flags: "--cache-dir <folder>", description: "where embeddings and checked models are kept" },
];

export const machineOptions: readonly OptionDefinition[] = [
  { flags: "--seed <number>", description: "seed of all that is drawn by lot", parse: whole(0), byDefault: 0 },
  ...runtimeOptions,
];

export const looksOptions: readonly OptionDefinition[] = [
  {
    flags: "--looks <number>",
    description: "look at every photo so many times, varied a little, and answer by the mean",
    parse: whole(1, 64),
  },
  {
    flags: "--looks-policy <policy>",
    description: "how looks are varied: a policy's name or file (basic when left out)",
  },
];
