import type { Learner } from "../../train/episodic/learner.ts";
import { adapted, answersWith, embedBy, stopGradient, type MetaOptions } from "./_shared.ts";

/**
 * First-order MAML: the gradient at the adapted weights is taken for that at the first ones, as if the inner gradients
 * were constants. No second derivatives, at little loss.
 *
 * @see Finn et al. 2017, section 5.2. https://arxiv.org/abs/1703.03400
 */
export const firstOrderMaml = (options: MetaOptions): Learner => ({
  name: "first-order-maml",
  paper: "Finn et al. 2017, section 5.2, Model-agnostic meta-learning. https://arxiv.org/abs/1703.03400",
  embed: embedBy(options),
  build: (scope, task) => {
    const { last } = adapted(scope, task, { ...options, adapts: () => true, direction: stopGradient });
    return answersWith(scope, task, last, options.network);
  },
});
