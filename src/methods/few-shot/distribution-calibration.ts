import { optionError } from "../../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import { createRandom } from "../../base/random.ts";
import type { Algebra } from "../algebra.ts";
import type { Method, Support } from "../method.ts";
import { fitLogistic } from "./_logistic.ts";
import {
  checkSupport,
  classMeans,
  countShots,
  emitLinear,
  meanRow,
  predictLinear,
  squareOf,
  transformed,
  type LinearHead,
} from "./_shared.ts";
import { allRows, inFewColumns } from "./_subsets.ts";

export type DistributionCalibrationOptions = {
  /** Other classes, nearest by their means, that a class's mean leans on; 0 or more. */
  readonly k: number;
  /** How much it leans on them, in images: as if it had so many more, at their mean; 0 or more. */
  readonly lean: number;
  /** α: share of the spread of all images that is added to the spread within classes; 0 or more. */
  readonly alpha: number;
  /** Features drawn for a class, a whole even number, 2 or more. */
  readonly samples: number;
  /** Penalty of the logistic regression, as its own. */
  readonly lambda: number;
};

const check = ({ k, lean, alpha, samples }: DistributionCalibrationOptions): void => {
  for (const [name, value] of Object.entries({ k, lean, alpha }))
    if (!(value >= 0)) throw optionError(`${name}: wanted a number of 0 or more, got ${value}`);
  if (!(samples >= 2 && samples % 2 === 0))
    throw optionError(`samples: wanted an even number of 2 or more, got ${samples}`);
};

/** Eq. 4 to 6: means of classes, leaning on those of the k nearest other classes. */
export const leanMeans = (
  means: Matrix,
  counts: Float64Array,
  { k, lean }: Pick<DistributionCalibrationOptions, "k" | "lean">,
): Matrix => {
  const out = matrix(means.rows, means.columns, means.data.slice());
  for (let c = 0; c < means.rows; c++) {
    const own = rowOf(means, c);
    const nearest = Array.from({ length: means.rows }, (_, other) => ({
      other,
      distance: rowOf(means, other).reduce((sum, v, j) => sum + (v - own[j]!) ** 2, 0),
    }))
      .filter(({ other }) => other !== c)
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k);
    const weight = nearest.length > 0 ? lean / (counts[c]! + lean) : 0;
    for (let j = 0; j < own.length; j++) {
      const theirs = nearest.reduce((sum, { other }) => sum + rowOf(means, other)[j]!, 0) / (nearest.length || 1);
      rowOf(out, c)[j] = (1 - weight) * own[j]! + weight * theirs;
    }
  }
  return out;
};

/** Rows by their distance from the mean: an order that neither the support's order nor a rotation changes. */
const byDistance = (features: Matrix): number[] => {
  const centred = transformed(features, meanRow(features), false);
  const squares = Array.from({ length: features.rows }, (_, i) => squareOf(rowOf(centred, i)));
  return squares.map((_, i) => i).sort((a, b) => squares[a]! - squares[b]!);
};

/**
 * Offsets from a class's mean, [samples, dim], normal with covariance W + α T: of the spread within classes and of all.
 *
 * Sums of deviations that the support shows, Σ ξ_i r_i / √dof + √α Σ η_i t_i / √n with ξ, η ~ N(0, 1), which have just
 * that covariance; each with its mirror image, so that they have mean 0.
 */
const drawOffsets = async (
  z: Matrix,
  { within, order }: { readonly within: Matrix; readonly order: readonly number[] },
  { alpha, samples }: DistributionCalibrationOptions,
  degrees: number,
  algebra: Algebra,
): Promise<Matrix> => {
  const random = createRandom("distribution-calibration");
  const [inner, outer] = [matrix(samples, z.rows), matrix(samples, z.rows)];
  for (let s = 0; s < samples; s += 2)
    for (const row of order)
      for (const [to, scale] of [
        [inner, 1 / Math.sqrt(degrees)],
        [outer, Math.sqrt(alpha / z.rows)],
      ] as const) {
        const value = scale * random.normal();
        to.data[s * z.rows + row] = value;
        to.data[(s + 1) * z.rows + row] = -value;
      }
  const out = await algebra.multiply(inner, within);
  const wide = await algebra.multiply(outer, transformed(z, meanRow(z), false));
  out.data.forEach((v, at) => (out.data[at] = v + wide.data[at]!));
  return out;
};

/** The support with drawn features of every class behind; classes weigh as much together with them as before. */
export const calibrated = async (
  support: Support,
  options: DistributionCalibrationOptions,
  order: readonly number[],
  algebra: Algebra,
): Promise<Support> => {
  const { features: z, labels, ways, classWeights } = support;
  const counts = countShots(support);
  const means = classMeans(z, labels, ways);
  const within = matrix(z.rows, z.columns, z.data.slice());
  labels.forEach((label, i) => rowOf(means, label).forEach((v, j) => (within.data[i * z.columns + j]! -= v)));
  const degrees = Math.max(1, z.rows - ways);
  const offsets = await drawOffsets(z, { within, order }, options, degrees, algebra);
  const centres = leanMeans(means, counts, options);
  const features = matrix(z.rows + ways * offsets.rows, z.columns);
  features.data.set(z.data);
  const all = new Int32Array(features.rows);
  all.set(labels);
  for (let c = 0, at = z.rows; c < ways; c++)
    for (let s = 0; s < offsets.rows; s++, at++) {
      const centre = rowOf(centres, c);
      rowOf(features, at).set(rowOf(offsets, s).map((v, j) => v + centre[j]!));
      all[at] = c;
    }
  const weights = counts.map((count, c) => ((classWeights?.[c] ?? 1) * count) / (count + offsets.rows));
  return { ...support, features, labels: all, classWeights: weights };
};

const fitSubsets = inFewColumns<DistributionCalibrationOptions>(async (support, _, options, algebra) => {
  check(options);
  const centre = meanRow(support.features);
  const z = transformed(support.features, centre, true);
  const whole = await calibrated({ ...support, features: z }, options, byDistance(support.features), algebra);
  const regression = { lambda: options.lambda, normalise: "none" } as const;
  const [head] = await fitLogistic(whole, [allRows(whole)], regression, algebra);
  return [{ ...head!, centre, unit: true }];
});

/**
 * Distribution calibration: every class's normal distribution is guessed, features are drawn from it, and logistic
 * regression learns from them and the support.
 *
 * μ'_c leans on the means of the k nearest classes, Σ' = W + α T, with W the covariance within classes (of all classes
 * together) and T that of all images.
 * Differs from the paper: there are no base classes, so a class leans on the support's own others, weighed so that
 * classes are not drawn into each other, and takes its spread from all of them; α adds spread in the shape of all images
 * in place of a constant; distributions are about class means, not about each image. Tukey's powers of every feature
 * would make a head see the axes of the feature space, which heads may not (features come rotated): features are centred
 * and scaled to length 1 instead (CL2N), where signs are of no matter. What is drawn follows from the features alone.
 * @see Yang, Liu & Xu 2021, eq. 3-7. https://arxiv.org/abs/2101.06395
 */
export const method: Method<LinearHead, DistributionCalibrationOptions> = {
  name: "distribution-calibration",
  paper:
    "Yang, Liu & Xu 2021, Free lunch for few-shot learning: distribution calibration. https://arxiv.org/abs/2101.06395",
  transductive: false,
  defaults: { k: 2, lean: 0.1, alpha: 0.21, samples: 100, lambda: 0.03 },
  candidates: [],
  complexity: 6,
  onePass: false,
  fit: async (support, options, algebra) => {
    checkSupport(support);
    return (await fitSubsets(support, [allRows(support)], options, algebra))[0]!;
  },
  predict: predictLinear,
  graph: emitLinear,
};
