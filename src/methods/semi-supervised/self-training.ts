import type { SemiSupervisedMethod } from "../semi-supervised-method.ts";
import { checkGrow, grow, likeliest, type GrowOptions } from "./_accept.ts";

export type SelfTrainingOptions = GrowOptions & Readonly<Record<string, number | string>>;

/**
 * Self-training: learn, answer the pool, take the confident answers for labels, learn again, until nothing is added.
 *
 * Differs from the paper: a label once given is kept, confidence is a calibrated probability, and no class may gain more
 * than its quota in a round, so that an early lead of one class cannot grow by itself.
 * @see Lee 2013, eq. 14: y'_i = 1 for i = argmax f_i(x)
 */
export const method: SemiSupervisedMethod<SelfTrainingOptions> = {
  name: "self-training",
  paper: "Yarowsky 1995, https://doi.org/10.3115/981658.981684; Lee 2013, Pseudo-Label",
  competes: true,
  defaults: { threshold: 0.9, selection: "confidence", quota: 10, rounds: 20 },
  label: (task, options) => {
    checkGrow(options);
    return grow(task, options, async (support) => likeliest(await (await task.learners[0](support))(task.pool)));
  },
};
