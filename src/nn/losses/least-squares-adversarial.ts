import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { sub } from "../../ops/sub.ts";

/**
 * How far a discriminator's answers are from what they should be: the mean of (D - t)² over the patches of each picture.
 *
 * @param answers  [n, …]
 * @param target  1 for "real", 0 for "made"; a generator wants "real" of what it made
 * @returns [n]
 * @see Mao et al. 2017, eq. 2 with a = 0, b = c = 1. https://arxiv.org/abs/1611.04076
 */
export const leastSquaresAdversarial = (g: Graph, answers: Value, target: 0 | 1): Value => {
  const difference = target === 0 ? answers : sub(g, answers, target);
  const axes = shapeOf(answers).flatMap((_, axis) => (axis > 0 ? [axis] : []));
  return reduceMean(g, mul(g, difference, difference), { axes, keepdims: 0 });
};
