import { shapeOf } from "../../graph/graph.ts";
import { constantInitial } from "../../nn/init.ts";
import { crossEntropy } from "../../nn/losses/cross-entropy.ts";
import { add } from "../../ops/add.ts";
import { argMax } from "../../ops/arg-max.ts";
import { cast } from "../../ops/cast.ts";
import { div } from "../../ops/div.ts";
import { greaterOrEqual } from "../../ops/greater-or-equal.ts";
import { mul } from "../../ops/mul.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { reduceMax } from "../../ops/reduce-max.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { softmax } from "../../ops/softmax.ts";
import type { ConsistencyMethod, ConsistencyOptions } from "../../train/consistency/consistency-method.ts";

export interface FixMatchOptions extends ConsistencyOptions {
  /** τ: the least probability of an answer that becomes a label, in (0, 1]. */
  readonly threshold: number;
  /** Share kept at each step of the running shares of classes, by which answers are aligned to equal ones, in [0, 1). */
  readonly alignment: number;
}

/**
 * FixMatch: where the answer to a weakly varied view is confident, its class is the label of a strongly varied view:
 * 1(max q ≥ τ) H(argmax q, p(y | strong view)).
 *
 * Answers are first aligned to classes of equal size, q = normalise(p / p̃), p̃ the running mean of p (Berthelot et al. 2020,
 * ReMixMatch, section 3.1). Differs from the paper: the averaged weights give the labels, not those of the step; aligned.
 * @see Sohn et al. 2020, eq. 3 and 4
 */
export const method: ConsistencyMethod<FixMatchOptions> = {
  name: "fixmatch",
  paper: "Sohn et al. 2020, FixMatch. https://arxiv.org/abs/2001.07685",
  studentView: "strong",
  defaults: { weight: 1, ratio: 3, averaging: 0.99, rampUp: 0, threshold: 0.95, alignment: 0.99 },
  losses: (scope, { student, teacher }, { threshold, alignment }) => {
    const { g } = scope;
    const ways = shapeOf(student)[1]!;
    const p = softmax(g, teacher);
    const kept = { shape: [ways], initial: constantInitial(1 / ways), decay: false, trainable: false };
    const shares = scope.parameter("shares", kept);
    const now = reduceMean(g, p, { axes: [0], keepdims: 0 });
    scope.update("shares", add(g, mul(g, shares, alignment), mul(g, now, 1 - alignment)));
    const weighed = div(g, p, shares);
    const q = div(g, weighed, reduceSum(g, weighed, { axes: [1], keepdims: 1 }));
    const isSure = cast(g, greaterOrEqual(g, reduceMax(g, q, { axes: [1], keepdims: 0 }), threshold), "float32");
    return mul(g, isSure, crossEntropy(g, student, oneHot(g, argMax(g, q, 1, 0), ways)));
  },
};
