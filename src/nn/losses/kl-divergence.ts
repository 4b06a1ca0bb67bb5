import type { Graph, Value } from "../../graph/graph.ts";
import { log } from "../../ops/log.ts";
import { logSoftmax } from "../../ops/log-softmax.ts";
import { max } from "../../ops/max.ts";
import { mul } from "../../ops/mul.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { sub } from "../../ops/sub.ts";

/** Where a target is 0, its term is 0 · log(tiny) = 0. */
const TINY = 1e-30;

/**
 * Kullback-Leibler divergence of every row from targets t to p = softmax(scores): Σ t (log t - log p).
 *
 * For distillation at temperature T give scores and targets at that temperature, and multiply by T².
 * @param scores  [rows, classes], not normalised
 * @param targets  [rows, classes], probabilities
 * @returns [rows], >= 0
 * @see Hinton et al. 2015, section 2. https://arxiv.org/abs/1503.02531
 */
export const klDivergence = (g: Graph, scores: Value, targets: Value): Value => {
  const difference = sub(g, log(g, max(g, targets, TINY)), logSoftmax(g, scores));
  return reduceSum(g, mul(g, targets, difference), { axes: [1], keepdims: 0 });
};
