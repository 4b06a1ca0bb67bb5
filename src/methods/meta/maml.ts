import type { Learner } from "../../train/episodic/learner.ts";
import { adapted, answersWith, embedBy, type MetaOptions } from "./_shared.ts";

/**
 * MAML: first weights from which a few steps of gradient descent on the support do best on the queries.
 *
 * The outer gradient goes through the inner ones, whose graph is differentiated again: ∇_θ L(θ - α ∇ L(θ)).
 * @see Finn et al. 2017, eq. 1, algorithm 2. https://arxiv.org/abs/1703.03400
 */
export const maml = (options: MetaOptions): Learner => ({
  name: "maml",
  paper: "Finn et al. 2017, Model-agnostic meta-learning. https://arxiv.org/abs/1703.03400",
  embed: embedBy(options),
  build: (scope, task) => {
    const { last } = adapted(scope, task, {
      ...options,
      adapts: () => true,
      direction: (_g, gradient) => gradient,
    });
    return answersWith(scope, task, last, options.network);
  },
});
