import { matrix, type Matrix } from "../../base/matrix.ts";
import type { SemiSupervisedMethod } from "../semi-supervised-method.ts";
import { checkGrow, checkShare, grow, likeliest, type Answers, type GrowOptions } from "./_accept.ts";

export type VotingOptions = GrowOptions & {
  /** Share of the heads that must say the class, in (0, 1]. */
  readonly agreement: number;
} & Readonly<Record<string, number | string>>;

/** Mean over heads, [pool, ways]. */
const meanOf = (all: readonly Matrix[]): Matrix => {
  const out = matrix(all[0]!.rows, all[0]!.columns);
  for (const { data } of all) for (let at = 0; at < data.length; at++) out.data[at]! += data[at]! / all.length;
  return out;
};

/**
 * The class with the largest mean probability, and that probability; 0 where fewer than `agreement` of the heads name
 * the class themselves.
 *
 * @param ballots  probabilities by each head, [pool, ways]
 */
export const vote = (ballots: readonly Matrix[], agreement: number): Answers => {
  const soft = likeliest(meanOf(ballots));
  const hard = ballots.map((one) => likeliest(one).labels);
  const agree = (label: number, row: number): boolean =>
    hard.filter((labels) => labels[row] === label).length >= agreement * ballots.length - 1e-9;
  return { ...soft, confidences: soft.confidences.map((p, row) => (agree(soft.labels[row]!, row) ? p : 0)) };
};

/**
 * Voting: several heads learn, and a row that enough of them agree about gets the label, by the mean of their probabilities.
 *
 * Differs from the paper: heads of unlike kinds instead of unlike draws of the labelled images, which are too few to
 * draw from; all learn from the same labels.
 * @see Zhou and Li 2005, section 3
 */
export const method: SemiSupervisedMethod<VotingOptions> = {
  name: "voting",
  paper: "Zhou and Li 2005, Tri-training. https://doi.org/10.1109/TKDE.2005.186",
  competes: false,
  defaults: { agreement: 1, threshold: 0.7, selection: "confidence", quota: 10, rounds: 20 },
  label: async (task, options) => {
    checkGrow(options);
    checkShare("agreement", options.agreement);
    return grow(task, options, async (support) => {
      const ballots: Matrix[] = [];
      for (const learn of task.learners) ballots.push(await (await learn(support))(task.pool));
      return vote(ballots, options.agreement);
    });
  },
};
