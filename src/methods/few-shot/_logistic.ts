import { optionError } from "../../base/errors.ts";
import { matrix, release, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import { minimise } from "../lockstep-lbfgs.ts";
import type { Support } from "../method.ts";
import { mean, project, projectBack, sharedInverse, shareOf } from "../scatter-systems.ts";
import {
  checkNormalise,
  columnsOf,
  headFrom,
  inFewColumns,
  sumSubsets,
  type Normalise,
  type SubsetSums,
} from "./_subsets.ts";

export type LogisticRegressionOptions = {
  /**
   * L2 penalty in units of the features' mean squared distance from their mean, > 0: scikit-learn's 1 / C on features
   * divided by that distance's root.
   */
  readonly lambda: number;
  readonly normalise: Normalise;
};

/** Weights of all subsets side by side with the biases as the last row, [dim + 1, subsets x ways]. */
interface Objective {
  readonly values: Float64Array;
  readonly gradient: Matrix;
}

/** Softmax minus one-hot on the rows of the subset, weighted, in place of the scores; and the summed cross-entropies. */
const residualsOf = (scores: Matrix, { labels, ways }: Support, { frames, importance }: SubsetSums): Float64Array => {
  const losses = new Float64Array(frames.length);
  for (let i = 0; i < scores.rows; i++)
    for (let j = 0; j < frames.length; j++) {
      const from = i * scores.columns + j * ways;
      const row = scores.data.subarray(from, from + ways);
      if (frames[j]!.weights[i] === 0) {
        row.fill(0);
        continue;
      }
      const worth = importance?.[i] ?? 1;
      let most = -Infinity;
      for (let c = 0; c < ways; c++) if (row[c]! > most) most = row[c]!;
      const truth = row[labels[i]!]! - most;
      let sum = 0;
      for (let c = 0; c < ways; c++) sum += row[c] = Math.exp(row[c]! - most);
      for (let c = 0; c < ways; c++) row[c] = (worth * row[c]!) / sum;
      row[labels[i]!]! -= worth;
      losses[j]! += worth * (Math.log(sum) - truth);
    }
  return losses;
};

/** The weights without the last row, which holds the biases; a view. */
const body = (m: Matrix): Matrix => matrix(m.rows - 1, m.columns, m.data.subarray(0, (m.rows - 1) * m.columns));

/** Weights above a row of biases. */
const withBiases = (weights: Matrix, biases: ArrayLike<number>): Matrix => {
  const out = matrix(weights.rows + 1, weights.columns);
  out.data.set(weights.data);
  out.data.set(biases, weights.data.length);
  return out;
};

const columnSums = (m: Matrix): Float64Array => {
  const out = new Float64Array(m.columns);
  for (let i = 0, at = 0; i < m.rows; i++) for (let c = 0; c < m.columns; c++, at++) out[c]! += m.data[at]!;
  return out;
};

/** weighted sum of cross-entropies + ½ λ_j |W_j|² of every subset, and its gradient. */
const objectiveOf =
  (support: Support, sums: SubsetSums, penalties: readonly number[], algebra: Algebra) =>
  async (at: Matrix): Promise<Objective> => {
    const { ways } = support;
    const { centred, frames } = sums;
    const weights = body(at);
    const scores = await project(centred, frames, weights, algebra);
    const biases = at.data.subarray(weights.data.length);
    for (let i = 0, k = 0; i < scores.rows; i++)
      for (let c = 0; c < scores.columns; c++, k++) scores.data[k]! += biases[c]!;
    const values = residualsOf(scores, support, sums);
    const biasGradient = columnSums(scores);
    const gradient = await projectBack(centred, frames, scores, algebra);
    release(scores);
    for (let i = 0, k = 0; i < weights.rows; i++)
      for (let j = 0; j < penalties.length; j++)
        for (let c = 0; c < ways; c++, k++) {
          const w = weights.data[k]!;
          gradient.data[k]! += penalties[j]! * w;
          values[j]! += 0.5 * penalties[j]! * w * w;
        }
    return { values, gradient: withBiases(gradient, biasGradient) };
  };

/**
 * What stands in for the curvature p (1 - p) of softmax in the first guess of the Hessian: its largest value is ½
 * (Böhning 1992), and along the way it falls towards 0.
 */
const CURVATURE = 0.1;

/** Multinomial logistic regression on each subset; see `logistic-regression.ts`. */
export const fitLogistic = inFewColumns<LogisticRegressionOptions>(
  async (support, subsets, { lambda, normalise }, algebra) => {
    if (!(lambda > 0)) throw optionError(`lambda: wanted a number above 0, got ${lambda}`);
    checkNormalise(normalise);
    const { ways, labels } = support;
    const sums = await sumSubsets(support, { subsets, normalise }, algebra);
    const penalties = sums.spreads.map((spread) => lambda * spread);
    const share = CURVATURE * shareOf(sums.frames);
    const systems = {
      features: sums.centred,
      frames: sums.frames,
      strata: new Int32Array(labels.length),
      importance: sums.importance,
    };
    const guess = await sharedInverse(systems, { shift: mean(penalties), share }, algebra);
    const wide = await minimise({
      start: matrix(support.features.columns + 1, subsets.length * ways),
      problems: subsets.length,
      objective: objectiveOf(support, sums, penalties, algebra),
      precondition: async (gradient) => {
        const biases = gradient.data.subarray(gradient.data.length - gradient.columns);
        return withBiases(
          await algebra.multiply(guess, body(gradient)),
          biases.map((b) => b / (share * labels.length)),
        );
      },
    });
    release(sums.centred);
    return subsets.map((_, j) => {
      const all = columnsOf(wide, j, ways);
      const weights = matrix(all.rows - 1, ways, body(all).data.slice());
      const bias = Float64Array.from(all.data.subarray(weights.data.length));
      return headFrom(sums, { j, normalise }, { weights, bias });
    });
  },
);
