import type { Pixels } from "../../base/preprocess.ts";
import type { Retouch } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/** Half of a Gaussian's weights, from its middle on, to three deviations; both halves add up to 1. */
const weightsOf = (sigma: number): Float64Array => {
  const half = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const sum = 2 * half.reduce((a, b) => a + b) - half[0]!;
  return half.map((weight) => weight / sum);
};

/** Adds both neighbours at one distance, by their weight. */
const addPair = (sums: Float32Array, [a, b]: readonly [Float32Array, Float32Array], weight: number): void => {
  for (let i = 0; i < sums.length; i++) sums[i]! += weight * (a[i]! + b[i]!);
};

/** Each row blurred along itself; beyond the border the outermost pixel goes on. */
const across = (rows: readonly Float32Array[], weights: Float64Array): Float32Array[] => {
  const length = rows[0]!.length;
  const border = 3 * (weights.length - 1);
  const padded = new Float32Array(length + 2 * border);
  return rows.map((row) => {
    padded.set(row, border);
    for (let i = 0; i < border; i++) {
      padded[i] = row[i % 3]!;
      padded[border + length + i] = row[length - 3 + (i % 3)]!;
    }
    const sums = row.map((level) => weights[0]! * level);
    for (let k = 1; k < weights.length; k++) {
      const [a, b] = [border - 3 * k, border + 3 * k];
      addPair(sums, [padded.subarray(a, a + length), padded.subarray(b, b + length)], weights[k]!);
    }
    return sums;
  });
};

/** The rows blurred into each other; beyond the border the outermost row goes on. */
const down = (rows: readonly Float32Array[], weights: Float64Array): Float32Array[] =>
  rows.map((row, y) => {
    const sums = row.map((level) => weights[0]! * level);
    for (let k = 1; k < weights.length; k++)
      addPair(sums, [rows[Math.max(0, y - k)]!, rows[Math.min(rows.length - 1, y + k)]!], weights[k]!);
    return sums;
  });

const blurred = ({ width, height, data }: Pixels, sigma: number): Pixels => {
  const weights = weightsOf(sigma);
  const rows = Array.from(
    { length: height },
    (_, y) => new Float32Array(data.subarray(3 * width * y, 3 * width * (y + 1))),
  );
  const out = new Uint8Array(data.length);
  down(across(rows, weights), weights).forEach((row, y) => {
    for (let i = 0; i < row.length; i++) out[3 * width * y + i] = row[i]! + 0.5;
  });
  return { width, height, data: out };
};

/** Out of focus: a Gaussian of deviation sigma, in pixels of the network's input. */
export const augmentation: Retouch = {
  name: "blur",
  kind: "retouch",
  defaults: { sigma: [0, 1.5] },
  strong: { sigma: [0, 3] },
  limits: { sigma: [0, 20] },
  neutral: { sigma: 0 },
  sample: uniform,
  apply: (pixels, { sigma }) =>
    sigma! < 0.05 ? { ...pixels, data: new Uint8Array(pixels.data) } : blurred(pixels, sigma!),
};
