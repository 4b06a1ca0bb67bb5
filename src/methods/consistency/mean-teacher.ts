import { meanSquaredError } from "../../nn/losses/mean-squared-error.ts";
import { softmax } from "../../ops/softmax.ts";
import type { ConsistencyMethod, ConsistencyOptions } from "../../train/consistency/consistency-method.ts";

/**
 * Mean Teacher: the student's probabilities are drawn towards those of the averaged weights for another view of the picture,
 * by the squared difference, mean over classes.
 *
 * @see Tarvainen and Valpola 2017, section 2; appendix B.1 for weight, averaging and ramp-up
 */
export const method: ConsistencyMethod<ConsistencyOptions> = {
  name: "mean-teacher",
  paper: "Tarvainen and Valpola 2017, Mean teachers are better role models. https://arxiv.org/abs/1703.01780",
  studentView: "weak",
  defaults: { weight: 10, ratio: 3, averaging: 0.99, rampUp: 0.4 },
  losses: ({ g }, { student, teacher }) => meanSquaredError(g, softmax(g, student), softmax(g, teacher)),
};
