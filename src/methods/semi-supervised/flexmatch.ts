import { argmax, rowOf, type Matrix } from "../../base/matrix.ts";
import type { SemiSupervisedMethod } from "../semi-supervised-method.ts";
import { checkCount, checkShare, relabel } from "./_accept.ts";

export type FlexMatchOptions = {
  /** τ, in (0, 1]. */
  readonly threshold: number;
  readonly rounds: number;
};

/**
 * The threshold of every class: T(c) = M(β(c)) τ, M(x) = x / (2 - x), with σ(c) the rows above τ said to be of class c and
 * β(c) = σ(c) / max(max σ, rows not above τ), so that a class that is learned less has a lower one.
 *
 * @see Zhang et al. 2021, eq. 5-7 and 11. https://arxiv.org/abs/2110.08263
 */
export const flexibleThresholds = (probabilities: Matrix, threshold: number): Float64Array => {
  const learned = new Float64Array(probabilities.columns);
  for (let i = 0; i < probabilities.rows; i++) {
    const row = rowOf(probabilities, i);
    const best = argmax(row);
    if (row[best]! > threshold) learned[best]! += 1;
  }
  const unsure = learned.reduce((rest, n) => rest - n, probabilities.rows);
  const most = learned.reduce((a, b) => Math.max(a, b), unsure);
  return learned.map((n) => (threshold * (n / most)) / (2 - n / most));
};

/**
 * FlexMatch's curriculum pseudo-labels on features: a threshold a class that rises with how well the class is learned.
 *
 * Differs from the paper: no views, and a round of learning stands for its many steps.
 */
export const method: SemiSupervisedMethod<FlexMatchOptions> = {
  name: "flexmatch",
  paper: "Zhang et al. 2021, FlexMatch. https://arxiv.org/abs/2110.08263",
  competes: false,
  defaults: { threshold: 0.95, rounds: 10 },
  label: async (task, { threshold, rounds }) => {
    checkShare("threshold", threshold);
    checkCount("rounds", rounds);
    return relabel(task, rounds, (probabilities) => flexibleThresholds(probabilities, threshold));
  },
};
