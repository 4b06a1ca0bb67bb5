import type { Graph, Value } from "../graph/graph.ts";
import { add } from "../ops/add.ts";
import { log } from "../ops/log.ts";
import { mul } from "../ops/mul.ts";
import { reduceLogSumExp } from "../ops/reduce-log-sum-exp.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { sub } from "../ops/sub.ts";

/** Takes a class out of a sum of exponentials. */
const OUT = -1e9;

/** The scores that probabilities are the softmax of; their logarithm where they are made otherwise. */
const scoresBefore = (g: Graph, probabilities: Value): Value => {
  const { producer } = probabilities;
  if (producer?.op.type === "Softmax") return producer.inputs[0]!;
  if (producer?.op.type === "Identity") return scoresBefore(g, producer.inputs[0]!);
  return log(g, probabilities);
};

/**
 * Log-odds of a class, log p / (1 - p), from the scores s before the softmax: s_c - log of the sum of e^s of the others.
 *
 * Its gradient points the same way as that of log p, but does not vanish where p is near 1; and what moves all scores
 * alike, as the length of the embedding does in distances, is no evidence for any class.
 *
 * @param probabilities  [1, classes]
 * @param target  [1, classes], 1 at the class and 0 elsewhere
 * @returns [1]
 */
export const logOdds = (g: Graph, probabilities: Value, target: Value): Value => {
  const scores = scoresBefore(g, probabilities);
  const over = { axes: [1], keepdims: 0 } as const;
  const own = reduceSum(g, mul(g, scores, target), over);
  return sub(g, own, reduceLogSumExp(g, add(g, scores, mul(g, target, OUT)), over));
};
