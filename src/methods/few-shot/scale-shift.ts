import { optionError } from "../../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import { minimise } from "../lockstep-lbfgs.ts";
import type { Method, Support } from "../method.ts";
import { checkSupport, emitLinear, meanRow, predictLinear, transformed, type LinearHead } from "./_shared.ts";

export type ScaleShiftOptions = {
  /** L2 penalty of the linear head, > 0, in the units of logistic-regression's. */
  readonly lambda: number;
  /** L2 penalty that holds scales to 1 and shifts to 0, > 0; the larger, the nearer to logistic regression. */
  readonly hold: number;
};

/** First guess of the curvature of softmax, as in logistic regression. */
const CURVATURE = 0.1;

/**
 * All that is learned, [dim + 1, ways + 2]: the head's weights above its biases; beside them what is added to the scales,
 * and the shifts (their last row is not used).
 */
interface Parts {
  readonly scales: Float32Array;
  readonly shifts: Float32Array;
  readonly weights: Matrix;
  readonly biases: Float32Array;
}

const partsOf = (all: Matrix): Parts => {
  const [dim, ways] = [all.rows - 1, all.columns - 2];
  const weights = matrix(dim, ways);
  const [scales, shifts] = [new Float32Array(dim), new Float32Array(dim)];
  for (let j = 0, at = 0; j < dim; j++, at += all.columns) {
    for (let c = 0; c < ways; c++) weights.data[j * ways + c] = all.data[at + c]!;
    scales[j] = 1 + all.data[at + ways]!;
    shifts[j] = all.data[at + ways + 1]!;
  }
  return { scales, shifts, weights, biases: rowOf(all, dim).slice(0, ways) };
};

/** The head that scores (γ x + β) W + b: weights γ W, biases b + β W. */
const folded = ({ scales, shifts, weights, biases }: Parts): { weights: Matrix; bias: Float32Array } => {
  const out = matrix(weights.rows, weights.columns);
  const bias = Float64Array.from(biases);
  for (let j = 0, at = 0; j < weights.rows; j++)
    for (let c = 0; c < weights.columns; c++, at++) {
      out.data[at] = scales[j]! * weights.data[at]!;
      bias[c]! += shifts[j]! * weights.data[at]!;
    }
  return { weights: out, bias: Float32Array.from(bias) };
};

/** Softmax minus one-hot in place of the scores, weighed by class; and the summed cross-entropy. */
const residuals = (scores: Matrix, { labels, classWeights }: Support): number => {
  let loss = 0;
  labels.forEach((label, i) => {
    const row = rowOf(scores, i);
    const worth = classWeights?.[label] ?? 1;
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const score of row) sum += Math.exp(score - most);
    loss += worth * (Math.log(sum) + most - row[label]!);
    for (let c = 0; c < row.length; c++) row[c] = (worth * Math.exp(row[c]! - most)) / sum;
    row[label]! -= worth;
  });
  return loss;
};

interface Penalties {
  readonly weights: number;
  readonly scales: number;
  readonly shifts: number;
}

/** Σ cross-entropy + ½ (λ s |W|² + h |γ - 1|² + h dim |β|²), with its gradient. */
const objectiveOf =
  (support: Support, features: Matrix, penalties: Penalties, algebra: Algebra) => async (at: Matrix) => {
    const parts = partsOf(at);
    const { weights, bias } = folded(parts);
    const wrong = await predictLinear({ centre: new Float32Array(0), unit: false, weights, bias }, features, algebra);
    const ways = weights.columns;
    let value = residuals(wrong, support);
    const back = await algebra.multiply(features, wrong, { a: true });
    const sums = new Float64Array(ways);
    wrong.data.forEach((r, k) => (sums[k % ways]! += r));
    const gradient = matrix(at.rows, at.columns);
    const to = gradient.data;
    for (let j = 0, from = 0; j < weights.rows; j++, from += at.columns) {
      const [scale, shift] = [parts.scales[j]!, parts.shifts[j]!];
      let [byScale, byShift] = [penalties.scales * (scale - 1), penalties.shifts * shift];
      value += 0.5 * (byScale * (scale - 1) + byShift * shift);
      for (let c = 0; c < ways; c++) {
        const [product, w] = [back.data[j * ways + c]!, parts.weights.data[j * ways + c]!];
        to[from + c] = scale * product + shift * sums[c]! + penalties.weights * w;
        byScale += product * w;
        byShift += sums[c]! * w;
        value += 0.5 * penalties.weights * w ** 2;
      }
      to[from + ways] = byScale;
      to[from + ways + 1] = byShift;
    }
    rowOf(gradient, weights.rows).set(Float32Array.from(sums));
    return { values: Float64Array.of(value), gradient };
  };

/** Each number over a guess of its curvature. */
const scaledBy = ({ weights, scales, shifts }: Penalties, images: number, gradient: Matrix): Matrix => {
  const ways = gradient.columns - 2;
  return matrix(
    gradient.rows,
    gradient.columns,
    gradient.data.map((v, at) => {
      const column = at % gradient.columns;
      if (at >= (gradient.rows - 1) * gradient.columns) return v / (CURVATURE * images);
      if (column < ways) return v / (weights + (CURVATURE * images) / gradient.rows);
      return v / (column === ways ? scales : shifts);
    }),
  );
};

const fit = async (support: Support, { lambda, hold }: ScaleShiftOptions, algebra: Algebra): Promise<LinearHead> => {
  if (!(lambda > 0)) throw optionError(`lambda: wanted a number above 0, got ${lambda}`);
  if (!(hold > 0)) throw optionError(`hold: wanted a number above 0, got ${hold}`);
  checkSupport(support);
  const centre = meanRow(support.features);
  const features = transformed(support.features, centre, true);
  const spread = 1 - meanRow(features).reduce((sum, v) => sum + v * v, 0);
  const [dim, images] = [features.columns, features.rows];
  const penalties = { weights: lambda * Math.max(spread, Number.MIN_VALUE), scales: hold, shifts: hold * dim };
  const best = await minimise({
    start: matrix(dim + 1, support.ways + 2),
    problems: 1,
    objective: objectiveOf(support, features, penalties, algebra),
    precondition: async (gradient) => scaledBy(penalties, images, gradient),
  });
  return { centre, unit: true, ...folded(partsOf(best)) };
};

/**
 * A scale and a shift of every feature (FiLM's, here one pair for all images) learned together with a linear head:
 * score = (γ z + β) W + b, z as in SimpleShot.
 *
 * Loss Σ cross-entropy + ½ (λ s |W|² + h |γ - 1|² + h dim |β|²), s the mean squared distance of z from its mean: at a
 * large h it is logistic regression. γ and β are folded into the head, so the model pays nothing for them.
 * Differs from the papers: FiLM predicts γ and β from a condition; SSF puts them after every layer, here only after the
 * last.
 * @see Perez et al. 2018, eq. 1-2; Lian et al. 2022, Scaling & shifting your features, eq. 1. https://arxiv.org/abs/2210.08823
 */
export const method: Method<LinearHead, ScaleShiftOptions> = {
  name: "scale-shift",
  paper:
    "Perez et al. 2018, FiLM: visual reasoning with a general conditioning layer. https://arxiv.org/abs/1709.07871",
  transductive: false,
  seesAxes: true,
  defaults: { lambda: 0.03, hold: 1 },
  candidates: [],
  complexity: 13,
  onePass: false,
  fit,
  predict: predictLinear,
  graph: emitLinear,
};
