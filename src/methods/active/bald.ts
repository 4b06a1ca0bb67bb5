import { rowOf } from "../../base/matrix.ts";
import type { ActiveStrategy, ActiveTask } from "../active-strategy.ts";
import { entropyOf, largest } from "./_shared.ts";

/** What the heads disagree about: entropy of the mean answer less mean entropy of the answers, in nats, of every row. */
export const disagreement = (answers: ActiveTask["answers"]): Float64Array =>
  Float64Array.from({ length: answers[0]!.rows }, (_, i) => {
    const rows = answers.map((one) => rowOf(one, i));
    const mean = rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
    return entropyOf(mean) - rows.reduce((sum, row) => sum + entropyOf(row), 0) / rows.length;
  });

/**
 * BALD: images about which each head is sure, and the heads disagree.
 *
 * Differs from the paper: an ensemble of heads of unlike kinds stands for the posterior.
 * @see Houlsby et al. 2011, eq. 2
 */
export const strategy: ActiveStrategy = {
  name: "bald",
  paper: "Houlsby et al. 2011, Bayesian active learning for classification. https://arxiv.org/abs/1112.5745",
  needs: "several",
  pick: async ({ answers, count }) => largest(disagreement(answers), count),
};
