import { z } from "zod";
import { artifactError, optionError } from "../base/errors.ts";
import type { IntensityWindow, Preprocess } from "../base/preprocess.ts";

/** What a JSON file beside an ONNX file says of it; fields it does not know are left alone. */
export interface BackboneSettings {
  readonly preprocess: Preprocess;
  readonly licence: string | null;
  /** SHA-256 the ONNX file must have; null where the JSON states none. */
  readonly sha256: string | null;
  /** Name of the value to take as features; null: found in the graph. */
  readonly features: string | null;
  /** How its weights came about, in a few words; null where the JSON does not say. */
  readonly made: string | null;
}

/** Preprocessing settings given by hand, over those from elsewhere. */
export interface PreprocessOverrides {
  /** Height and width of the network's input, in pixels. */
  readonly size?: number;
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  readonly fit?: Preprocess["fit"];
  readonly channels?: Preprocess["channels"];
  /** Intensities from black to white in pictures of more than 8 bits. */
  readonly window?: IntensityWindow;
  /** Side of a volume's voxels, in mm. */
  readonly spacing?: number;
}

const imageNetMean = [0.485, 0.456, 0.406] as const;
const imageNetStd = [0.229, 0.224, 0.225] as const;

const pixels = z.int().min(1).max(4096);
const finite = z.number();
const three = z.tuple([finite, finite, finite]);
const deviations = three.refine((std) => std.every((s) => s > 0), "every number must be above 0");
const byte = z.number().min(0).max(255);

/** How pictures come to the input's size; `kept` is the part of the shorter side that a crop keeps. */
interface Resize {
  readonly fit: Preprocess["fit"];
  readonly kept: number;
}

/** "shorter side to size / 0.875, …", "squash" or "pad" at the beginning of a text. */
const resize = z.string().transform((text, context): Resize => {
  const whole = /^(squash|pad)\b/.exec(text);
  if (whole) return { fit: whole[1] === "pad" ? "pad" : "squash", kept: 1 };
  const kept = /^shorter side to size(?: \/ (0\.\d+|1(?:\.0+)?))?\b/.exec(text);
  if (kept) return { fit: "crop", kept: Number(kept[1] ?? 1) };
  const message = 'wanted "shorter side to size", "shorter side to size / 0.875", "squash" or "pad"';
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const schema = z.object({
  size: pixels,
  mean: three,
  std: deviations,
  channels: z.enum(["RGB", "BGR"]).default("RGB"),
  fit: z.enum(["crop", "squash", "pad"]).optional(),
  resize: resize.default({ fit: "crop", kept: 1 }),
  resizeTo: pixels.optional(),
  background: z.tuple([byte, byte, byte]).default([255, 255, 255]),
  features: z.string().min(1).nullish(),
  licence: z.string().min(1).nullish(),
  provenance: z.object({ method: z.string() }).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "wanted 64 hexadecimal digits")
    .nullish(),
});

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at !== null && typeof at === "object" ? Reflect.get(at, key) : undefined), data);

/**
 * Reads the JSON beside an ONNX file: `size`, `mean`, `std`, and optionally `channels`, `fit`, `resize` or `resizeTo`,
 * `background`, `features`, `licence`, `sha256`.
 *
 * @param where  path of the JSON, for messages
 * @throws artifactError E_BACKBONE_JSON that names the field, what was wanted, and what was got
 */
export const parseBackboneSettings = (text: string, where: string): BackboneSettings => {
  const bad = (message: string, cause?: unknown) =>
    artifactError("E_BACKBONE_JSON", `${where}: ${message}`, {
      hint: 'Wanted at least {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}.',
      cause,
    });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw bad("is not JSON", cause);
  }
  const checked = schema.safeParse(data);
  if (!checked.success) {
    const { path, message } = checked.error.issues[0]!;
    throw bad(`field "${path.join(".")}": ${message}; got ${JSON.stringify(valueAt(data, path)) ?? "nothing"}`);
  }
  const {
    size,
    resize: { fit: usualFit, kept },
    resizeTo,
    sha256,
    features,
    licence,
    mean,
    std,
    channels,
    fit = usualFit,
    background,
    provenance,
  } = checked.data;
  return {
    preprocess: {
      height: size,
      width: size,
      fit,
      resizeTo: resizeTo ?? Math.round(size / kept),
      background,
      mean,
      std,
      channels,
    },
    licence: licence ?? null,
    sha256: sha256 ?? null,
    features: features ?? null,
    made: provenance?.method.split(":")[0] ?? null,
  };
};

const checkOverrides = ({ size, mean, std }: PreprocessOverrides): void => {
  const wrong = (flag: string, wanted: string, got: unknown) =>
    optionError(`${flag}: wanted ${wanted}, got ${String(got)}`);
  if (size !== undefined && !pixels.safeParse(size).success)
    throw wrong("--image-size", "a whole number of pixels, 1 to 4096", size);
  if (mean !== undefined && !three.safeParse(mean).success) throw wrong("--mean", "three numbers", mean);
  if (std !== undefined && !deviations.safeParse(std).success) throw wrong("--std", "three numbers above 0", std);
};

/** Settings with those given by hand put over them; the cropped part stays in proportion when the size changes. */
export const overridePreprocess = (base: Preprocess, overrides: PreprocessOverrides): Preprocess => {
  checkOverrides(overrides);
  const { size = base.width, ...others } = overrides;
  const height = overrides.size ?? base.height;
  return { ...base, ...others, width: size, height, resizeTo: Math.round((base.resizeTo * size) / base.width) };
};

/**
 * Settings given by hand alone.
 *
 * Mean and standard deviation are ImageNet's when they are not given; whoever calls says so to the person.
 *
 * @param model  path of the ONNX file, for the message
 * @throws optionError that names the flags to give
 */
export const preprocessByHand = (overrides: PreprocessOverrides, model: string): Preprocess => {
  const { size, mean = imageNetMean, std = imageNetStd } = overrides;
  if (size === undefined)
    throw optionError(
      `${model}: how pictures are prepared for it is not known: no JSON beside it, and no --image-size`,
      {
        hint: `Write ${model.replace(/\.onnx$/i, "")}.json with {"size": 224, "mean": [...], "std": [...]}, or give --image-size, --mean and --std.`,
      },
    );
  checkOverrides(overrides);
  const { fit = "crop", channels = "RGB", window, spacing } = overrides;
  const usual = {
    height: size,
    width: size,
    fit,
    resizeTo: size,
    background: [255, 255, 255],
    mean,
    std,
    channels,
  } as const;
  return { ...usual, ...(window && { window }), ...(spacing !== undefined && { spacing }) };
};
