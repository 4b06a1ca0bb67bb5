import type { DataSet as Tags } from "dicom-parser";
import type { IntensityWindow, Pixels } from "../base/preprocess.ts";
import { readDicomFrame, type Samples } from "./dicom-frames.ts";
import type { DicomHeader } from "./dicom-header.ts";
import { greyPixels } from "./grey-pixels.ts";
import { rangeOf, toLevels, type Curve } from "./intensity.ts";

/** Where multi-frame files keep what may differ from frame to frame: of every frame, and of all. */
const PER_FRAME = "x52009230";
const SHARED = "x52009229";

/** The tags among which `tag` stands for a frame: in the file itself, or in a functional group of the frame or of all. */
const tagsWith = (tags: Tags, tag: string, group: string, frame: number): Tags | null => {
  const groups = [tags.elements[PER_FRAME]?.items?.[frame], tags.elements[SHARED]?.items?.[0]];
  const inner = groups.map((item) => item?.dataSet?.elements[group]?.items?.[0]?.dataSet);
  return [...inner, tags].find((some) => some?.elements[tag]) ?? null;
};

/** A stored number in its unit: Hounsfield units in CT. */
const rescaleOf = (tags: Tags, frame: number): { slope: number; intercept: number } => {
  const own = tagsWith(tags, "x00281053", "x00289145", frame);
  const [slope, intercept] = [own?.floatString("x00281053"), own?.floatString("x00281052")];
  return { slope: slope || 1, intercept: intercept ?? 0 };
};

/** The window that the file itself states, the first of several. DICOM PS3.3 C.11.2.1.2. */
const statedWindow = (tags: Tags, frame: number): { window: IntensityWindow; curve: Curve } | null => {
  const own = tagsWith(tags, "x00281050", "x00289132", frame);
  const [centre, width] = [own?.floatString("x00281050", 0), own?.floatString("x00281051", 0)];
  const kind = own?.string("x00281056")?.trim() ?? "LINEAR";
  if (centre === undefined || width === undefined || !(width >= 1 || (kind !== "LINEAR" && width > 0))) return null;
  const half = (kind === "LINEAR" ? width - 1 : width) / 2;
  const middle = kind === "LINEAR" ? centre - 0.5 : centre;
  return {
    window: { low: middle - half, high: middle + half },
    curve: kind === "SIGMOID" ? "sigmoid" : "linear",
  };
};

const greyLevels = (
  { values }: Samples,
  { tags, photometric, signed }: DicomHeader,
  { frame, window }: { readonly frame: number; readonly window: IntensityWindow | undefined },
): Uint8Array => {
  const { slope, intercept } = rescaleOf(tags, frame);
  const padding = tags.elements.x00280120 ? tags[signed ? "int16" : "uint16"]("x00280120") : undefined;
  const scaled = Float32Array.from(values, (value) => slope * value + intercept);
  const empty = padding === undefined ? NaN : Math.fround(slope * padding + intercept);
  const { window: used, curve } = window
    ? { window, curve: "linear" as const }
    : (statedWindow(tags, frame) ?? { window: rangeOf(scaled, (value) => value !== empty), curve: "linear" as const });
  const levels = toLevels(scaled, used, curve);
  if (photometric === "MONOCHROME1") levels.forEach((level, i) => (levels[i] = 255 - level));
  if (padding !== undefined) scaled.forEach((value, i) => value === empty && (levels[i] = 0));
  return levels;
};

const clamp = (level: number): number => Math.max(0, Math.min(255, Math.round(level)));

/** Colours of 8 bits, RGB. DICOM PS3.3 C.7.6.3.1.2. */
const colours = ({ values, colour }: Samples, { bitsStored }: DicomHeader): Uint8Array => {
  const scale = 255 / (2 ** bitsStored - 1);
  if (colour === "rgb") return Uint8Array.from(values, (value) => clamp(scale * value));
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i += 3) {
    const [y, cb, cr] = [scale * values[i]!, scale * values[i + 1]! - 128, scale * values[i + 2]! - 128];
    out[i] = clamp(y + 1.402 * cr);
    out[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    out[i + 2] = clamp(y + 1.772 * cb);
  }
  return out;
};

/** The frame that stands for a file of several: the middle one. */
export const middleOf = (frames: number): number => (frames - 1) >> 1;

/**
 * A DICOM picture as plain pixels, of several frames the middle one: stored numbers are rescaled to their unit, shown
 * through the window given, else the file's own, else from least to greatest, and turned over where low means white.
 *
 * @throws as `readDicomFrame`
 */
export const decodeDicom = async (
  bytes: Uint8Array,
  header: DicomHeader,
  window: IntensityWindow | undefined,
): Promise<Pixels> => {
  const frame = middleOf(header.frames);
  const samples = await readDicomFrame(bytes, header, frame);
  const { width, height } = header;
  if (header.samples === 3) return { width, height, data: colours(samples, header) };
  return greyPixels(greyLevels(samples, header, { frame, window }), width, height);
};
