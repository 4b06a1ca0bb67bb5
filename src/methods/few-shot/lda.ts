import { optionError } from "../../base/errors.ts";
import { matrix, release, rowOf, takeRows, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import type { Method, Support } from "../method.ts";
import { solveScatterSystems, type Frame } from "../scatter-systems.ts";
import { emitLinear, predictLinear, squareOf, type LinearHead } from "./_shared.ts";
import {
  allRows,
  checkNormalise,
  columnsOf,
  headFrom,
  inFewColumns,
  sumSubsets,
  type Normalise,
  type SubsetSums,
} from "./_subsets.ts";

export type LdaOptions = {
  /** Weight of the round covariance, in [0, 1]; "ledoit-wolf" computes it from the data. */
  readonly shrinkage: number | "ledoit-wolf";
  readonly normalise: Normalise;
};

/** Keeps the round part of the covariance from vanishing, and the other part from being divided by zero. */
const LEAST = 1e-4;

/** Images a dimension from which the matrix of all their inner products is too large to be worth it. */
const MANY = 2;

/** Moments of the covariance within classes S = Zᵀ Z / n that Ledoit and Wolf's estimate asks for. */
interface Moments {
  /** Trace of S. */
  readonly trace: number;
  /** Squared Frobenius norm of S. */
  readonly square: number;
  /** Mean of |z|⁴. */
  readonly fourth: number;
}

/** Inner products of the rows of a subset in its frame, from those of all rows: z_i·z_k = w_i w_k (x_i - c)·(x_k - c). */
const framedGram = (
  gram: Matrix,
  { origin, weights }: Frame,
  { centred, rows }: { centred: Matrix; rows: Int32Array },
): Matrix => {
  const products = Float64Array.from(rows, (row) => {
    const x = rowOf(centred, row);
    let dot = 0;
    for (let k = 0; k < x.length; k++) dot += x[k]! * origin[k]!;
    return dot;
  });
  const own = origin.reduce((sum, v) => sum + v * v, 0);
  const out = matrix(rows.length, rows.length);
  rows.forEach((row, i) => {
    const [from, to] = [rowOf(gram, row), rowOf(out, i)];
    const weight = weights[row]!;
    for (let k = 0; k < rows.length; k++)
      to[k] = weight * weights[rows[k]!]! * (from[rows[k]!]! - products[i]! - products[k]! + own);
  });
  return out;
};

/** Means of a Gram matrix over the rows of a subset, class by class: by (row, class), and by (class, class). */
const blockMeans = (gram: Matrix, { labels, ways }: Support, rows: Int32Array, counts: Float64Array) => {
  const byRow = new Float64Array(rows.length * ways);
  const byClass = new Float64Array(ways * ways);
  rows.forEach((row, i) => {
    const products = rowOf(gram, i);
    for (let k = 0; k < rows.length; k++) byRow[i * ways + labels[rows[k]!]!]! += products[k]!;
    for (let c = 0; c < ways; c++) {
      byRow[i * ways + c]! /= counts[c]! || 1;
      byClass[labels[row]! * ways + c]! += byRow[i * ways + c]! / counts[labels[row]!]!;
    }
  });
  return { byRow, byClass };
};

/** Moments of the rows of a subset about their class means, from their inner products. */
const momentsOf = (gram: Matrix, support: Support, rows: Int32Array, counts: Float64Array): Moments => {
  const { labels, ways } = support;
  const { byRow, byClass } = blockMeans(gram, support, rows, counts);
  let [trace, square, fourth] = [0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    const products = rowOf(gram, i);
    const own = labels[rows[i]!]!;
    for (let k = 0; k <= i; k++) {
      const other = labels[rows[k]!]!;
      // z_i·z_k = (x_i - m)·(x_k - m'), m and m' the means of their classes
      const z = products[k]! - byRow[i * ways + other]! - byRow[k * ways + own]! + byClass[own * ways + other]!;
      square += i === k ? z * z : 2 * z * z;
      if (i !== k) continue;
      trace += z;
      fourth += z * z;
    }
  }
  const n = rows.length;
  return { trace: trace / n, square: square / (n * n), fourth: fourth / n };
};

/** The same from the scatter matrix of the residuals themselves, where images outnumber dimensions by far. */
const momentsOfMany = async (
  { centred, classMeans, frames }: SubsetSums,
  { labels }: Support,
  { rows, j, algebra }: { readonly rows: Int32Array; readonly j: number; readonly algebra: Algebra },
): Promise<Moments> => {
  const z = takeRows(centred, rows);
  let [trace, square, fourth] = [0, 0, 0];
  rows.forEach((row, i) => {
    const [residual, mean] = [rowOf(z, i), rowOf(classMeans[j]!, labels[row]!)];
    const { origin, weights } = frames[j]!;
    for (let k = 0; k < mean.length; k++) residual[k] = weights[row]! * (residual[k]! - origin[k]!) - mean[k]!;
    const length = squareOf(residual);
    trace += length;
    fourth += length * length;
  });
  const scatter = await algebra.multiply(z, z, { a: true });
  release(z);
  for (let at = 0; at < scatter.data.length; at++) square += scatter.data[at]! * scatter.data[at]!;
  const n = rows.length;
  return { trace: trace / n, square: square / (n * n), fourth: fourth / n };
};

/**
 * The weight of the round covariance that is best in expectation.
 *
 * β² = (mean |z|⁴ - |S|²) / n, δ² = |S|² - tr(S)² / d, shrinkage = min(β², δ²) / δ².
 * @see Ledoit & Wolf 2004, lemma 3.3 and 3.4. https://doi.org/10.1016/S0047-259X(03)00096-4
 */
const ledoitWolf = ({ trace, square, fourth }: Moments, n: number, dim: number): number => {
  const delta = square - (trace * trace) / dim;
  const beta = Math.max(0, (fourth - square) / n);
  return delta > 0 ? Math.min(beta, delta) / delta : 1;
};

interface Shrunk {
  /** Weight of the round part, in (0, 1). */
  readonly weight: number;
  /** Mean variance over the ambient dimensions. */
  readonly variance: number;
}

const shrink = async (
  support: Support,
  subsets: readonly Int32Array[],
  sums: SubsetSums,
  { shrinkage, algebra }: Pick<LdaOptions, "shrinkage"> & { readonly algebra: Algebra },
): Promise<Shrunk[]> => {
  const dim = support.ambientDim ?? support.features.columns;
  const { centred } = sums;
  const gram = centred.rows > MANY * centred.columns ? null : await algebra.multiply(centred, centred, { b: true });
  const out: Shrunk[] = [];
  for (const [j, rows] of subsets.entries()) {
    const moments = gram
      ? momentsOf(framedGram(gram, sums.frames[j]!, { centred, rows }), support, rows, sums.counts[j]!)
      : await momentsOfMany(sums, support, { rows, j, algebra });
    const wanted = shrinkage === "ledoit-wolf" ? ledoitWolf(moments, rows.length, dim) : shrinkage;
    // one image a class leaves no spread within classes: the spread of all images then stands in for it
    const flat = moments.trace <= 1e-9 * sums.spreads[j]!;
    out.push({
      weight: flat ? 1 - LEAST : Math.min(Math.max(wanted, LEAST), 1 - LEAST),
      variance: (flat ? sums.spreads[j]! : moments.trace) / dim,
    });
  }
  return out;
};

/** Class means minus the subset's mean, side by side, [dim, subsets x ways]. */
const meanOffsets = ({ classMeans, means }: SubsetSums): Matrix => {
  const ways = classMeans[0]!.rows;
  const out = matrix(classMeans[0]!.columns, classMeans.length * ways);
  classMeans.forEach((points, j) => {
    for (let c = 0; c < ways; c++) {
      const point = rowOf(points, c);
      for (let i = 0; i < point.length; i++) out.data[i * out.columns + j * ways + c] = point[i]! - means[j]![i]!;
    }
  });
  return out;
};

const fitSubsets = inFewColumns<LdaOptions>(async (support, subsets, { shrinkage, normalise }, algebra) => {
  if (shrinkage !== "ledoit-wolf" && !(shrinkage >= 0 && shrinkage <= 1))
    throw optionError(`shrinkage: wanted "ledoit-wolf" or a number in [0, 1], got ${shrinkage}`);
  checkNormalise(normalise);
  const { ways, labels } = support;
  const sums = await sumSubsets(support, { subsets, normalise }, algebra);
  const shrunk = await shrink(support, subsets, sums, { shrinkage, algebra });
  const offsets = meanOffsets(sums);
  // ((1 - g) Zᵀ Z / n + g v I) W = M  <=>  (Zᵀ Z + n g v / (1 - g) I) W (1 - g) / n = M
  const shifts = shrunk.map(({ weight, variance }, j) => (sums.sizes[j]! * weight * variance) / (1 - weight));
  const wide = await solveScatterSystems(
    { features: sums.centred, frames: sums.frames, strata: labels, shifts, rightSides: offsets },
    algebra,
  );
  release(sums.centred);
  return subsets.map((_, j) => {
    const weights = columnsOf(wide, j, ways);
    const scale = sums.sizes[j]! / (1 - shrunk[j]!.weight);
    for (let at = 0; at < weights.data.length; at++) weights.data[at]! *= scale;
    const offset = columnsOf(offsets, j, ways);
    const bias = sums.masses[j]!.map((mass) => Math.log(mass / sums.totals[j]!));
    for (let i = 0; i < weights.rows; i++)
      for (let c = 0; c < ways; c++)
        bias[c]! -= weights.data[i * ways + c]! * (sums.means[j]![i]! + offset.data[i * ways + c]! / 2);
    return headFrom(sums, { j, normalise }, { weights, bias });
  });
});

/**
 * Linear discriminant analysis: one Gaussian a class with a common covariance, shrunk towards a round one.
 *
 * score_c = (z - z̄)ᵀ Σ⁻¹ (m_c - z̄) - ½ (m_c - z̄)ᵀ Σ⁻¹ (m_c - z̄) + log(n_c / n), with
 * Σ = (1 - g) S + g tr(S)/d I and S the covariance within classes (divided by n); z is x, or x normalised as
 * SimpleShot does. At g = 1 it is the nearest class mean. With weights for the classes n_c / n counts images by them:
 * balanced, all classes are expected alike. The covariance counts every image alike, as the larger classes know it best.
 * @see Ledoit & Wolf 2004, A well-conditioned estimator for large-dimensional covariance matrices
 */
export const method: Method<LinearHead, LdaOptions> = {
  name: "lda",
  paper: "Fisher 1936; shrinkage by Ledoit & Wolf 2004. https://doi.org/10.1016/S0047-259X(03)00096-4",
  transductive: false,
  defaults: { shrinkage: "ledoit-wolf", normalise: "cl2n" },
  candidates: [
    { shrinkage: "ledoit-wolf", normalise: "cl2n" },
    { shrinkage: "ledoit-wolf", normalise: "none" },
  ],
  complexity: 0,
  onePass: false,
  fit: async (support, options, algebra) => (await fitSubsets(support, [allRows(support)], options, algebra))[0]!,
  fitSubsets,
  predict: predictLinear,
  graph: emitLinear,
};
