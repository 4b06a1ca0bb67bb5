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

/** One direction of the blur; beyond the border the outermost pixel goes on. */
const along = (
  from: Float32Array,
  weights: Float64Array,
  { lines, lineStep, count, step }: { lines: number; lineStep: number; count: number; step: number },
): Float32Array => {
  const to = new Float32Array(from.length);
  for (let line = 0; line < lines; line++)
    for (let i = 0; i < count; i++)
      for (let c = 0; c < 3; c++) {
        const base = line * lineStep + c;
        let sum = weights[0]! * from[base + i * step]!;
        for (let k = 1; k < weights.length; k++)
          sum +=
            weights[k]! * (from[base + Math.max(0, i - k) * step]! + from[base + Math.min(count - 1, i + k) * step]!);
        to[base + i * step] = sum;
      }
  return to;
};

const blurred = ({ width, height, data }: Pixels, sigma: number): Pixels => {
  const weights = weightsOf(sigma);
  const across = along(Float32Array.from(data), weights, { lines: height, lineStep: 3 * width, count: width, step: 3 });
  const both = along(across, weights, { lines: width, lineStep: 3, count: height, step: 3 * width });
  return { width, height, data: Uint8Array.from(both, (level) => level + 0.5) };
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
  apply: (pixels, { sigma }) => (sigma! < 0.05 ? { ...pixels, data: pixels.data.slice() } : blurred(pixels, sigma!)),
};
