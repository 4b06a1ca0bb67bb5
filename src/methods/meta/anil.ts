import type { Learner } from "../../train/episodic/learner.ts";
import { adapted, answersWith, embedBy, HEAD, type MetaOptions } from "./_shared.ts";

/**
 * ANIL, almost no inner loop: as MAML, but only the head adapts to an episode; the network learns features for it.
 *
 * @see Raghu et al. 2020, section 4. https://arxiv.org/abs/1909.09157
 */
export const anil = (options: MetaOptions): Learner => ({
  name: "anil",
  paper: "Raghu et al. 2020, Rapid learning or feature reuse? https://arxiv.org/abs/1909.09157",
  embed: embedBy(options),
  build: (scope, task) => {
    const { last } = adapted(scope, task, {
      ...options,
      adapts: (name) => name.startsWith(`${HEAD}/`),
      direction: (_g, gradient) => gradient,
    });
    return answersWith(scope, task, last, options.network);
  },
});
