import type { Range } from "./affine.ts";

/** How often values fell into equal bins over [low, high]; the ends are those of the values seen, and 0. */
export interface Histogram extends Range {
  readonly counts: Float64Array;
}

export const BINS = 2048;

/** An empty histogram over a range that holds 0. */
export const emptyHistogram = ({ low, high }: Range): Histogram => ({ low, high, counts: new Float64Array(BINS) });

/** Counts values; those outside the range fall into its last bins. */
export const countValues = ({ low, high, counts }: Histogram, values: Float32Array): void => {
  const perBin = high > low ? BINS / (high - low) : 0;
  for (let i = 0; i < values.length; i++) {
    const bin = ((values[i]! - low) * perBin) | 0;
    counts[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]! += 1;
  }
};
