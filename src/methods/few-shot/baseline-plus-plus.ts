import { optionError } from "../../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import type { Method, Support } from "../method.ts";
import { classMeans, emitLinear, predictLinear, transformed, transposed, type LinearHead } from "./_shared.ts";
import { allRows, inFewColumns } from "./_subsets.ts";

export type BaselinePlusPlusOptions = {
  /** Factor of the cosine before the softmax, > 0; 2 in the authors' code for few classes. */
  readonly scale: number;
  /** Steps of gradient descent, a whole number from 0; 100 epochs in the paper. */
  readonly steps: number;
};

const NOTHING = new Float32Array(0);
/** Nesterov's momentum. */
const MOMENTUM = 0.9;

/** Softmax minus one-hot, each row by its worth over the sum of all, in place of the cosines [images, ways]. */
const residuals = (cosines: Matrix, { labels, classWeights }: Support, scale: number): Matrix => {
  let total = 0;
  for (const label of labels) total += classWeights?.[label] ?? 1;
  labels.forEach((label, i) => {
    const row = rowOf(cosines, i);
    let sum = 0;
    for (let c = 0; c < row.length; c++) sum += row[c] = Math.exp(scale * (row[c]! - 1));
    const worth = (classWeights?.[label] ?? 1) / total;
    for (let c = 0; c < row.length; c++) row[c] = (worth * row[c]!) / sum;
    row[label]! -= worth;
  });
  return cosines;
};

/**
 * A step of every class's weights, rows of length 1, along the sphere; of length 2 / scale, as the cross-entropy's
 * curvature in them is at most scale² / 2 and its gradient carries one factor `scale`.
 */
const stepped = (weights: Matrix, gradient: Matrix, scale: number): Matrix => {
  const out = matrix(weights.rows, weights.columns);
  for (let c = 0; c < weights.rows; c++) {
    const [w, dw, next] = [rowOf(weights, c), rowOf(gradient, c), rowOf(out, c)];
    let along = 0;
    for (let j = 0; j < w.length; j++) along += w[j]! * dw[j]!;
    for (let j = 0; j < w.length; j++) next[j] = w[j]! - (2 / scale) * (dw[j]! - along * w[j]!);
  }
  return transformed(out, NOTHING, true);
};

/** Weights learned by accelerated descent from the class means, rows of length 1, [ways, dim]. */
const learn = async (support: Support, { scale, steps }: BaselinePlusPlusOptions, algebra: Algebra) => {
  const unit = transformed(support.features, NOTHING, true);
  let weights = transformed(classMeans(unit, support.labels, support.ways), NOTHING, true);
  let ahead = weights;
  for (let step = 0; step < steps; step++) {
    const wrong = residuals(await algebra.multiply(unit, ahead, { b: true }), support, scale);
    const next = stepped(ahead, await algebra.multiply(wrong, unit, { a: true }), scale);
    const beyond = next.data.map((v, at) => v + MOMENTUM * (v - weights.data[at]!));
    ahead = transformed(matrix(next.rows, next.columns, beyond), NOTHING, true);
    weights = next;
  }
  return weights;
};

const fitAll = inFewColumns<BaselinePlusPlusOptions>(async (support, _, options, algebra) => {
  const { scale, steps } = options;
  if (!(scale > 0)) throw optionError(`scale: wanted a number above 0, got ${scale}`);
  if (!Number.isInteger(steps) || steps < 0) throw optionError(`steps: wanted a whole number from 0, got ${steps}`);
  const weights = transposed(await learn(support, options, algebra));
  for (let at = 0; at < weights.data.length; at++) weights.data[at]! *= scale;
  return [{ centre: NOTHING, unit: true, weights, bias: new Float32Array(support.ways) }];
});

/**
 * Baseline++: a linear classifier by cosine, its weights learned by gradient descent. score_c = s cos(x, w_c).
 *
 * Differs from the paper: features are fixed; all images at once and accelerated descent, in place of stochastic batches
 * of 4; weights begin at the class means. Baseline, the same with plain products, is `logistic-regression`.
 * @see Chen et al. 2019, section 3.2. https://arxiv.org/abs/1904.04232
 */
export const method: Method<LinearHead, BaselinePlusPlusOptions> = {
  name: "baseline-plus-plus",
  paper: "Chen et al. 2019, A closer look at few-shot classification (Baseline++). https://arxiv.org/abs/1904.04232",
  transductive: false,
  defaults: { scale: 10, steps: 100 },
  candidates: [],
  complexity: 12,
  onePass: false,
  fit: async (support, options, algebra) => (await fitAll(support, [allRows(support)], options, algebra))[0]!,
  predict: predictLinear,
  graph: emitLinear,
};
