import { optionError } from "../../base/errors.ts";
import { matrix, release, rowOf, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import type { Support } from "../method.ts";
import { rotate } from "../rotate.ts";
import { projectBack, type Frame } from "../scatter-systems.ts";
import { checkSupport, meanRow, squareOf, TINY, transformed, type LinearHead } from "./_shared.ts";

/** Features minus the support's mean, scaled to length 1 (CL2N, Wang et al. 2019), or as they are. */
export type Normalise = "cl2n" | "none";

/** Sums that every closed form starts from, for many subsets of one support; all in the frame of the subset. */
export interface SubsetSums {
  /** Features minus their mean over all rows. */
  readonly centred: Matrix;
  /** That mean. */
  readonly origin: Float32Array;
  readonly frames: readonly Frame[];
  /** Images of every class, [subsets][ways]; 0 where a subset lacks a class. */
  readonly counts: readonly Float64Array[];
  readonly sizes: readonly number[];
  /** The same counted by the classes' weights: as `counts` and `sizes` where all images count alike. */
  readonly masses: readonly Float64Array[];
  readonly totals: readonly number[];
  /** Weight of every row, [n]; undefined where all count alike. */
  readonly importance: Float32Array | undefined;
  /** Class means, [ways, dim] each; 0 for a class that is lacking. */
  readonly classMeans: readonly Matrix[];
  /** Mean of all rows of the subset, weighted by class, [dim] each. */
  readonly means: readonly Float64Array[];
  /** Mean squared distance from the subset's mean, weighted likewise. */
  readonly spreads: readonly number[];
}

/** Means of the rows of every subset, [subsets, dim]. */
const subsetMeans = async (centred: Matrix, subsets: readonly Int32Array[], algebra: Algebra): Promise<Matrix> => {
  const inside = matrix(centred.rows, subsets.length);
  subsets.forEach((rows, j) => rows.forEach((row) => (inside.data[row * subsets.length + j] = 1 / rows.length)));
  return algebra.multiply(inside, centred, { a: true });
};

const plainFrames = (centred: Matrix, subsets: readonly Int32Array[]): Frame[] =>
  subsets.map((rows) => {
    const weights = new Float32Array(centred.rows);
    for (const row of rows) weights[row] = 1;
    return { origin: new Float64Array(centred.columns), weights };
  });

/** Frames about each subset's own mean, rows at length 1: |x - c|² = |x|² - 2 x·c + |c|². */
const unitFrames = async (centred: Matrix, subsets: readonly Int32Array[], algebra: Algebra): Promise<Frame[]> => {
  const means = await subsetMeans(centred, subsets, algebra);
  const products = await algebra.multiply(centred, means, { b: true });
  const squares = Float64Array.from({ length: centred.rows }, (_, i) => squareOf(rowOf(centred, i)));
  return subsets.map((rows, j) => {
    const weights = new Float32Array(centred.rows);
    const own = squareOf(rowOf(means, j));
    for (const row of rows) {
      const square = squares[row]! - 2 * products.data[row * subsets.length + j]! + own;
      weights[row] = 1 / Math.max(Math.sqrt(Math.max(square, 0)), TINY);
    }
    return { origin: Float64Array.from(rowOf(means, j)), weights };
  });
};

/** Membership of rows in (subset, class), [n, subsets x ways]. */
const membership = ({ labels, ways }: Support, subsets: readonly Int32Array[]): Matrix => {
  const out = matrix(labels.length, subsets.length * ways);
  subsets.forEach((rows, j) => rows.forEach((row) => (out.data[row * out.columns + j * ways + labels[row]!] = 1)));
  return out;
};

/** Sum of |z|² over the rows of a subset, weighted by importance. */
const sumSquares = (centred: Matrix, rows: Int32Array, importance: Float32Array | undefined): number => {
  let sum = 0;
  for (const row of rows) sum += (importance?.[row] ?? 1) * squareOf(rowOf(centred, row));
  return sum;
};

/** Sums of one subset, from those of its rows by class, [dim, ways]. */
const sumRows = (
  { labels, ways, classWeights = new Float64Array(ways).fill(1) }: Support,
  rows: Int32Array,
  wide: Matrix,
) => {
  const counts = new Float64Array(ways);
  for (const row of rows) counts[labels[row]!]! += 1;
  const masses = counts.map((count, c) => count * classWeights[c]!);
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  const classMeans = matrix(ways, wide.rows);
  const mean = new Float64Array(wide.rows);
  for (let i = 0; i < wide.rows; i++)
    for (let c = 0; c < ways; c++) {
      const sum = wide.data[i * ways + c]!;
      mean[i]! += (classWeights[c]! * sum) / total;
      classMeans.data[c * wide.rows + i] = counts[c]! > 0 ? sum / counts[c]! : 0;
    }
  return { counts, masses, total, classMeans, mean };
};

export const sumSubsets = async (
  support: Support,
  { subsets, normalise }: { readonly subsets: readonly Int32Array[]; readonly normalise: Normalise },
  algebra: Algebra,
): Promise<SubsetSums> => {
  const { features, labels, ways, classWeights } = support;
  const importance = classWeights && Float32Array.from(labels, (label) => classWeights[label]!);
  const origin = meanRow(features);
  const centred = transformed(features, origin, false);
  const frames = normalise === "cl2n" ? await unitFrames(centred, subsets, algebra) : plainFrames(centred, subsets);
  const members = membership(support, subsets);
  const wide = await projectBack(centred, frames, members, algebra);
  release(members);
  const parts = subsets.map((rows, j) => {
    const part = sumRows(support, rows, columnsOf(wide, j, ways));
    const square = normalise === "cl2n" ? 1 : sumSquares(centred, rows, importance) / part.total;
    const spread = square - part.mean.reduce((sum, v) => sum + v * v, 0);
    return { ...part, spread: Math.max(spread, Number.MIN_VALUE) };
  });
  return {
    centred,
    origin,
    frames,
    counts: parts.map((p) => p.counts),
    sizes: subsets.map((rows) => rows.length),
    masses: parts.map((p) => p.masses),
    totals: parts.map((p) => p.total),
    importance,
    classMeans: parts.map((p) => p.classMeans),
    means: parts.map((p) => p.mean),
    spreads: parts.map((p) => p.spread),
  };
};

/** Columns of subset `j` out of matrices that lie side by side, [dim, subsets x width] -> [dim, width]. */
export const columnsOf = (wide: Matrix, j: number, width: number): Matrix => {
  const out = matrix(wide.rows, width);
  for (let i = 0; i < wide.rows; i++)
    out.data.set(wide.data.subarray(i * wide.columns + j * width, i * wide.columns + (j + 1) * width), i * width);
  return out;
};

/** A linear head on new features, from weights and bias in the frame of subset `j`. */
export const headFrom = (
  { origin, frames }: Pick<SubsetSums, "origin" | "frames">,
  { j, normalise }: { readonly j: number; readonly normalise: Normalise },
  { weights, bias }: { readonly weights: Matrix; readonly bias: Float64Array },
): LinearHead => {
  const centre = origin.map((v, i) => v + frames[j]!.origin[i]!);
  if (normalise === "cl2n") return { centre, unit: true, weights, bias: Float32Array.from(bias) };
  const shifted = Float32Array.from(bias, (b, c) => {
    let dot = 0;
    for (let i = 0; i < weights.rows; i++) dot += centre[i]! * weights.data[i * weights.columns + c]!;
    return b - dot;
  });
  return { centre: new Float32Array(0), unit: false, weights, bias: shifted };
};

/** The subset of all rows. */
export const allRows = ({ labels }: Support): Int32Array => Int32Array.from(labels, (_, i) => i);

/** @throws E_OPTION for any other way to normalise */
export const checkNormalise = (normalise: string): void => {
  if (normalise !== "cl2n" && normalise !== "none")
    throw optionError(`normalise: wanted cl2n or none, got "${normalise}"`);
};

/** Fits a linear head on each subset. */
export type FitSubsets<O> = (
  support: Support,
  subsets: readonly Int32Array[],
  options: O,
  algebra: Algebra,
) => Promise<LinearHead[]>;

/** Makes a fit work in as few columns as there are images, and brings its heads back. */
export const inFewColumns =
  <O>(fit: FitSubsets<O>): FitSubsets<O> =>
  async (support, subsets, options, algebra) => {
    checkSupport(support);
    const { features } = support;
    if (features.rows >= features.columns) return fit(support, subsets, options, algebra);
    const { features: few, back } = await rotate(features, algebra);
    const ambientDim = support.ambientDim ?? features.columns;
    const heads = await fit({ ...support, features: few, ambientDim }, subsets, options, algebra);
    return Promise.all(
      heads.map(async (head) => {
        const centre = matrix(head.centre.length, head.centre.length > 0 ? 1 : 0, head.centre);
        const original = head.centre.length > 0 ? (await back(centre)).data : head.centre;
        return { ...head, centre: original, weights: await back(head.weights) };
      }),
    );
  };
