import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { logSoftmax } from "../../ops/log-softmax.ts";
import { mul } from "../../ops/mul.ts";
import { neg } from "../../ops/neg.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";

export interface CrossEntropyOptions {
  /** Share of every target spread evenly over all classes, in [0, 1); default 0. */
  readonly smoothing?: number;
}

/**
 * Cross-entropy of every row: -Σ t log softmax(scores), with t = (1 - smoothing) targets + smoothing / classes.
 *
 * @param scores  [rows, classes], not normalised
 * @param targets  [rows, classes], hard or soft; rows add up to 1
 * @returns [rows]
 * @see Szegedy et al. 2016, section 7, for the smoothing. https://arxiv.org/abs/1512.00567
 */
export const crossEntropy = (
  g: Graph,
  scores: Value,
  targets: Value,
  { smoothing = 0 }: CrossEntropyOptions = {},
): Value => {
  const spread = smoothing / shapeOf(scores)[1]!;
  const smooth = smoothing === 0 ? targets : add(g, mul(g, targets, 1 - smoothing), spread);
  return neg(g, reduceSum(g, mul(g, smooth, logSoftmax(g, scores)), { axes: [1], keepdims: 0 }));
};
