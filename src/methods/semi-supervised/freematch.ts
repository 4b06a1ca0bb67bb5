import { rowOf, type Matrix } from "../../base/matrix.ts";
import type { SemiSupervisedMethod } from "../semi-supervised-method.ts";
import { checkCount, checkShare, likeliest, relabel } from "./_accept.ts";

export type FreeMatchOptions = {
  /** λ, how much of the averages before stays in each round, in (0, 1]. */
  readonly momentum: number;
  readonly rounds: number;
};

/** Averages over the rounds so far. */
export interface Averages {
  /** τ_t */
  readonly confidence: number;
  /** p̃_t, [ways] */
  readonly shares: Float64Array;
}

/** Before the first round: 1 / C each. */
export const startingAverages = (ways: number): Averages => ({
  confidence: 1 / ways,
  shares: new Float64Array(ways).fill(1 / ways),
});

/**
 * τ_t = λ τ_{t-1} + (1 - λ) mean of the largest probabilities; p̃_t(c) = λ p̃_{t-1}(c) + (1 - λ) mean of those of c.
 *
 * @see Wang et al. 2023, eq. 5 and 6
 */
export const averaged = ({ confidence, shares }: Averages, probabilities: Matrix, momentum: number): Averages => {
  const fresh = (1 - momentum) / probabilities.rows;
  const next = shares.map((share) => momentum * share);
  for (let i = 0; i < probabilities.rows; i++) rowOf(probabilities, i).forEach((p, c) => (next[c]! += fresh * p));
  const sum = likeliest(probabilities).confidences.reduce((a, b) => a + b, 0);
  return { confidence: momentum * confidence + fresh * sum, shares: next };
};

/** τ_t(c) = p̃_t(c) / max p̃_t · τ_t; Wang et al. 2023, eq. 7. */
export const selfAdaptiveThresholds = ({ confidence, shares }: Averages): Float64Array => {
  const most = shares.reduce((a, b) => Math.max(a, b), 0);
  return shares.map((share) => (share / most) * confidence);
};

/**
 * FreeMatch's self-adaptive thresholds on features: as sure as answers are on average, less for classes that are seldom said.
 *
 * Differs from the paper: no views and no fairness loss; a round of learning stands for its many steps, hence a smaller λ
 * than its 0.999.
 */
export const method: SemiSupervisedMethod<FreeMatchOptions> = {
  name: "freematch",
  paper: "Wang et al. 2023, FreeMatch. https://arxiv.org/abs/2205.07246",
  competes: false,
  defaults: { momentum: 0.5, rounds: 10 },
  label: async (task, { momentum, rounds }) => {
    checkShare("momentum", momentum);
    checkCount("rounds", rounds);
    let averages = startingAverages(task.support.ways);
    return relabel(task, rounds, (probabilities) => {
      averages = averaged(averages, probabilities, momentum);
      return selfAdaptiveThresholds(averages);
    });
  },
};
