import type { IntensityWindow } from "../base/preprocess.ts";

/** How intensities between black and white become levels; DICOM PS3.3 C.11.2.1.3. */
export type Curve = "linear" | "sigmoid";

/** Grey levels 0-255 of intensities: black up to `low`, white from `high` on; what is not a number is black. */
export const toLevels = (
  values: ArrayLike<number>,
  { low, high }: IntensityWindow,
  curve: Curve = "linear",
): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(values.length);
  const width = high - low;
  for (let i = 0; i < out.length; i++) {
    const value = values[i]!;
    const share = width > 0 ? (value - low) / width : value > low ? 1 : 0;
    // a sigmoid window has its width about its centre: 1 / (1 + exp(-4 (x - c) / w))
    const level = curve === "sigmoid" ? 1 / (1 + Math.exp(-4 * (share - 0.5))) : Math.max(0, Math.min(1, share));
    out[i] = Math.round(255 * level);
  }
  return out;
};

/** Least and greatest of the finite values for which `counts` holds; 0 to 0 where there is none. */
export const rangeOf = (
  values: ArrayLike<number>,
  counts: (value: number) => boolean = Number.isFinite,
): IntensityWindow => {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!counts(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
};

/** Values that quantiles are read from: of more, every second, third … one. */
const SAMPLE = 2 ** 20;

/** The window that leaves a share of the finite values below it, and as many above: a few wild voxels do not count. */
export const trimmedRange = (values: ArrayLike<number>, share: number): IntensityWindow => {
  const step = Math.ceil(values.length / SAMPLE);
  const sample = Float32Array.from({ length: Math.floor(values.length / step) }, (_, i) => values[i * step]!);
  const sorted = sample.filter(Number.isFinite).sort();
  if (sorted.length === 0) return { low: 0, high: 0 };
  const left = Math.floor(share * sorted.length);
  return { low: sorted[left]!, high: sorted[sorted.length - 1 - left]! };
};
