import type { Learner } from "../../train/episodic/learner.ts";
import { add } from "../../ops/add.ts";
import { mul } from "../../ops/mul.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { sub } from "../../ops/sub.ts";
import { adapted, answersWith, embedBy, stopGradient, type MetaOptions } from "./_shared.ts";

/**
 * Reptile: the first weights move towards the adapted ones, φ' = φ + ε (φ_k - φ).
 *
 * φ - φ_k takes the place of the gradient (section 3.1), so any optimiser can follow it: plain descent at rate ε is the
 * paper's update. It gets there as the slope of φ · (φ - φ_k), the bracket being held fast, a term added to every loss
 * without changing its value. Queries are learned nothing from.
 *
 * Differs from the paper: every inner step, of plain descent instead of Adam, sees the whole support.
 * @see Nichol et al. 2018, algorithm 1. https://arxiv.org/abs/1803.02999
 */
export const reptile = (options: MetaOptions): Learner => ({
  name: "reptile",
  paper: "Nichol et al. 2018, On first-order meta-learning algorithms. https://arxiv.org/abs/1803.02999",
  embed: embedBy(options),
  build: (scope, task) => {
    const { g } = scope;
    const { first, last } = adapted(scope, task, { ...options, adapts: () => true, direction: stopGradient });
    const { scores, losses } = answersWith(scope, task, last, options.network);
    const pulls = [...first].map(([name, value]) => {
      const move = stopGradient(g, sub(g, value, last.get(name)!));
      return reduceSum(g, mul(g, value, move), { keepdims: 0 });
    });
    const pull = pulls.reduce((a, b) => add(g, a, b));
    return { scores, losses: add(g, stopGradient(g, losses), sub(g, pull, stopGradient(g, pull))) };
  },
});
