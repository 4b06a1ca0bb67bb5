import { optionError } from "../../base/errors.ts";
import type { Method } from "../method.ts";
import { descend, logitsOf } from "./_entropies.ts";
import { jointOf, queryScores, remember, type Remembered } from "./_joint.ts";
import { refuseGraph, transformed } from "./_shared.ts";

export type AlphaTimOptions = {
  /** α of the entropies, >= 1; 2 in the authors' code. Larger: classes may be less equally frequent. */
  readonly alpha: number;
  /** τ of the classifier softmax(-τ/2 |w - z|²), > 0; 15 in the paper. */
  readonly temperature: number;
  /** Steps of descent, a whole number from 0. */
  readonly steps: number;
};

const NOTHING = new Float32Array(0);

const check = ({ alpha, temperature, steps }: AlphaTimOptions): void => {
  if (!(alpha >= 1)) throw optionError(`alpha: wanted a number from 1, got ${alpha}`);
  if (!(temperature > 0)) throw optionError(`temperature: wanted a number above 0, got ${temperature}`);
  if (!Number.isInteger(steps) || steps < 0) throw optionError(`steps: wanted a whole number from 0, got ${steps}`);
};

/**
 * α-TIM: TIM with Tsallis' α-entropies, which let classes be unequally frequent among the queries.
 *
 * Loss CE(support) + H_α(Y|X) - H_α(Y), H_α(p) = (1 - Σ p^α) / (α - 1), all weighing 1; classifier and scores as in TIM.
 * Differs from the paper: 200 steps of accelerated gradient descent in place of 1000 of Adam, which sees the axes of
 * the feature space.
 * @see Veilleux et al. 2021, eq. 7-8. https://arxiv.org/abs/2204.11181
 */
export const method: Method<Remembered<AlphaTimOptions>, AlphaTimOptions> = {
  name: "alpha-tim",
  paper:
    "Veilleux et al. 2021, Realistic evaluation of transductive few-shot learning. https://arxiv.org/abs/2204.11181",
  transductive: true,
  defaults: { alpha: 2, temperature: 15, steps: 200 },
  candidates: [],
  complexity: 25,
  onePass: false,
  fit: remember(check),
  predict: async ({ features, labels, ways, options }, asked, algebra) => {
    const { alpha, temperature, steps } = options;
    const unit = { support: transformed(features, NOTHING, true), queries: transformed(asked, NOTHING, true) };
    const joint = await jointOf({ labels, ways }, unit, algebra);
    const loss = { support: 1, conditional: 1, marginal: 1, order: alpha };
    return queryScores(joint, logitsOf(joint, descend(joint, { loss, temperature, steps }), temperature));
  },
  graph: refuseGraph("alpha-tim"),
};
