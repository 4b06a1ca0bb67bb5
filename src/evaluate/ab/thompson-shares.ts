import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import { argmax } from "../../base/matrix.ts";
import type { Random } from "../../base/random.ts";
import { optionError } from "../../base/errors.ts";

/** Outcomes of one arm: how many, and how many of them right. */
export interface ArmCounts {
  readonly count: number;
  readonly sum: number;
}

export interface ThompsonOptions {
  readonly random: Random;
  /** Draws by which shares are found; default 400. */
  readonly draws?: number;
  /** Share that every arm keeps, so that differences stay measurable; default 0.05. */
  readonly least?: number;
}

/** Every arm's accuracy drawn from what is known of it, Beta(1 + right, 1 + wrong), and the best of these. */
const drawBest = (arms: readonly ArmCounts[], random: Random): number =>
  argmax(arms.map(({ count, sum }) => betaQuantile(random.uniform(), 1 + sum, 1 + count - sum)));

/**
 * Shares for the next keys by Thompson sampling: each arm's probability of being the best one, by draws, and no less
 * than the least share.
 *
 * Assigning by these shares is Thompson sampling for many keys at once, and the shares are what the confidence sequence
 * of the difference needs to stay valid.
 *
 * @returns by arm, summing to 1
 * @see Thompson 1933; Chapelle & Li 2011. https://doi.org/10.1093/biomet/25.3-4.285
 */
export const thompsonShares = (
  arms: readonly ArmCounts[],
  { random, draws = 400, least = 0.05 }: ThompsonOptions,
): number[] => {
  if (!(least >= 0 && least * arms.length <= 1))
    throw optionError(`least share of an arm: wanted at most 1 / ${arms.length}, got ${least}`);
  const wins = arms.map(() => 0);
  for (let i = 0; i < draws; i++) wins[drawBest(arms, random)]! += 1;
  return wins.map((n) => least + (1 - least * arms.length) * (n / draws));
};
