import type { Range } from "./affine.ts";
import type { Histogram } from "./histogram.ts";

export const CALIBRATIONS = ["min-max", "percentile", "entropy"] as const;
export type Calibration = (typeof CALIBRATIONS)[number];

/** Share of values that the range of `percentile` leaves out, at both ends together. */
const LEFT_OUT = 1e-4;
const LEVELS = 255;
/** Bins between two ranges that entropy tries. */
const STEP = 16;

const minMax = ({ low, high }: Histogram): Range => ({ low, high });

/** The range that leaves out one value in 10 000, the rarest ends first; 0 stays inside. */
const percentile = ({ low, high, counts }: Histogram): Range => {
  const width = (high - low) / counts.length;
  const zero = width > 0 ? Math.floor(-low / width) : 0;
  let [from, to] = [0, counts.length - 1];
  let room = LEFT_OUT * counts.reduce((sum, n) => sum + n, 0);
  for (;;) {
    const [below, above] = [from < zero ? counts[from]! : Infinity, to > zero ? counts[to]! : Infinity];
    const fewest = Math.min(below, above);
    if (fewest > room) break;
    room -= fewest;
    if (below <= above) from += 1;
    else to -= 1;
  }
  return { low: Math.min(0, low + from * width), high: Math.max(0, low + (to + 1) * width) };
};

/** KL(p || q) of the bins `from` to `to` clipped there, against the same bins merged into 255 levels. */
const divergence = (counts: Float64Array, from: number, to: number): number => {
  const size = to - from;
  const clipped = counts.slice(from, to);
  for (let i = 0; i < from; i++) clipped[0]! += counts[i]!;
  for (let i = to; i < counts.length; i++) clipped[size - 1]! += counts[i]!;
  const total = counts.reduce((sum, n) => sum + n, 0);
  let inside = 0;
  for (let i = from; i < to; i++) inside += counts[i]!;
  if (inside === 0) return Infinity;
  let sum = 0;
  for (let level = 0; level < LEVELS; level++) {
    const [start, end] = [Math.floor((level * size) / LEVELS), Math.floor(((level + 1) * size) / LEVELS)];
    let [mass, filled] = [0, 0];
    for (let i = start; i < end; i++) {
      mass += counts[from + i]!;
      if (clipped[i]! > 0) filled += 1;
    }
    // each bin that is not empty gets an equal share of its level
    for (let i = start; i < end; i++) {
      const p = clipped[i]! / total;
      if (p > 0) sum += p * Math.log(p / Math.max(mass / filled / inside, 1e-12));
    }
  }
  return sum;
};

/** The counts with the bin of 0 as its neighbour: 0 has a level of its own, so its many values lose nothing. */
const withoutZeros = (counts: Float64Array, zero: number): Float64Array => {
  const at = Math.min(counts.length - 1, Math.floor(zero));
  const own = counts.slice();
  own[at] = counts[at + 1] ?? counts[at - 1]!;
  return own;
};

/**
 * The range whose 255 levels lose the least information of the distribution of values; both ends are drawn towards 0
 * by the same share.
 *
 * @see Migacz 2017, 8-bit Inference with TensorRT, GTC (the search over thresholds by KL divergence)
 */
const entropy = ({ low, high, counts: all }: Histogram): Range => {
  const bins = all.length;
  const zero = high > low ? (-low / (high - low)) * bins : 0;
  const counts = withoutZeros(all, zero);
  let best = { from: 0, to: bins, loss: Infinity };
  for (let size = LEVELS + 1; size <= bins; size += STEP) {
    const from = Math.floor(zero * (1 - size / bins));
    const to = Math.min(bins, from + size);
    const loss = divergence(counts, from, to);
    if (loss < best.loss) best = { from, to, loss };
  }
  const width = (high - low) / bins;
  return { low: Math.min(0, low + best.from * width), high: Math.max(0, low + best.to * width) };
};

const methods: Readonly<Record<Calibration, (histogram: Histogram) => Range>> = {
  "min-max": minMax,
  percentile,
  entropy,
};

/** The range of values that 8 bits are to stand for, by what was seen of them. */
export const calibrate = (histogram: Histogram, how: Calibration): Range => methods[how](histogram);
