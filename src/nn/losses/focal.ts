import type { Graph, Value } from "../../graph/graph.ts";
import { clip } from "../../ops/clip.ts";
import { exp } from "../../ops/exp.ts";
import { logSoftmax } from "../../ops/log-softmax.ts";
import { mul } from "../../ops/mul.ts";
import { neg } from "../../ops/neg.ts";
import { pow } from "../../ops/pow.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { sub } from "../../ops/sub.ts";

export interface FocalOptions {
  /** Focusing parameter γ >= 0; 0 gives the cross-entropy; default 2 (paper, section 4.1). */
  readonly gamma?: number;
}

/** Keeps rounding from making 1 - p negative, and its powers infinite. */
const LEAST = 1e-7;

/**
 * Focal loss of every row: -Σ t (1 - p)^γ log p, with p = softmax(scores): rows that are right already count little.
 *
 * @param scores  [rows, classes], not normalised
 * @param targets  [rows, classes]; rows add up to 1
 * @returns [rows]
 * @see Lin et al. 2017, eq. 4, in its form for several classes. https://arxiv.org/abs/1708.02002
 */
export const focal = (g: Graph, scores: Value, targets: Value, { gamma = 2 }: FocalOptions = {}): Value => {
  const logs = logSoftmax(g, scores);
  const doubt = pow(g, clip(g, sub(g, 1, exp(g, logs)), LEAST, null), gamma);
  return neg(g, reduceSum(g, mul(g, mul(g, targets, doubt), logs), { axes: [1], keepdims: 0 }));
};
