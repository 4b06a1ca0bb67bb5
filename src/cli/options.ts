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

/** Reads three numbers, or one for all three: "0.5" or "0.485,0.456,0.406". */
export const threeNumbers = (text: string): [number, number, number] => {
  const parts = text.split(",").map(Number);
  const [a, b = a, c = a] = parts;
  if (parts.some((n) => !Number.isFinite(n)) || (parts.length !== 1 && parts.length !== 3))
    throw new Error(`wanted one number or three with commas between, got "${text}"`);
  return [a!, b!, c!];
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
  { flags: "--offline", description: "never use the network" },
];

export const machineOptions: readonly OptionDefinition[] = [
  { flags: "--seed <number>", description: "seed of all that is drawn by lot", parse: whole(0), byDefault: 0 },
  {
    flags: "--threads <number>",
    description: "threads of the runtime; one a core when left out",
    parse: whole(1, 1024),
  },
  { flags: "--cache-dir <folder>", description: "where embeddings and checked models are kept" },
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
