import { optionError } from "../../base/errors.ts";
import type { Method } from "../method.ts";
import { descend, logitsOf } from "./_entropies.ts";
import { centredTogether, jointOf, queryScores, remember, type Remembered } from "./_joint.ts";
import { refuseGraph } from "./_shared.ts";

export type TransductiveFineTuningOptions = {
  /** τ of the classifier softmax(-τ/2 |w - z|²), > 0. */
  readonly temperature: number;
  /** Steps of descent, a whole number from 0; 25 epochs in the paper. */
  readonly steps: number;
};

const check = ({ temperature, steps }: TransductiveFineTuningOptions): void => {
  if (!(temperature > 0)) throw optionError(`temperature: wanted a number above 0, got ${temperature}`);
  if (!Number.isInteger(steps) || steps < 0) throw optionError(`steps: wanted a whole number from 0, got ${steps}`);
};

/**
 * Transductive fine-tuning of the classifier alone: cross-entropy on the support and Shannon's entropy of the queries'
 * predictions go down together.
 *
 * Loss CE(support) + H(Y|X); classifier, its beginning at the class means, and scores as in TIM.
 * Differs from the paper: the backbone is frozen, and its features are centred by the mean of support and queries;
 * accelerated gradient descent in place of Adam.
 * @see Dhillon et al. 2020, eq. 8. https://arxiv.org/abs/1909.02729
 */
export const method: Method<Remembered<TransductiveFineTuningOptions>, TransductiveFineTuningOptions> = {
  name: "transductive-fine-tuning",
  paper: "Dhillon et al. 2020, A baseline for few-shot image classification. https://arxiv.org/abs/1909.02729",
  transductive: true,
  defaults: { temperature: 15, steps: 25 },
  candidates: [],
  complexity: 22,
  onePass: false,
  fit: remember(check),
  predict: async ({ features, labels, ways, options }, asked, algebra) => {
    const { temperature, steps } = options;
    const joint = await jointOf({ labels, ways }, centredTogether(features, asked), algebra);
    const loss = { support: 1, conditional: 1, marginal: 0, order: 1 };
    return queryScores(joint, logitsOf(joint, descend(joint, { loss, temperature, steps }), temperature));
  },
  graph: refuseGraph("transductive-fine-tuning"),
};
