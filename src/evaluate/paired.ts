import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import type { Random } from "../base/random.ts";
import type { PairedDifference } from "./evidence.ts";
import { DESIGN_EFFECT } from "./intervals.ts";
import { groupedError, meanOf } from "./select.ts";

const FLIPS = 9999;

/** Sums of values over the images of each group. */
const groupSums = (values: ArrayLike<number>, groups: ArrayLike<number>): number[] => {
  const sums = new Map<number, number>();
  for (let i = 0; i < values.length; i++) sums.set(groups[i]!, (sums.get(groups[i]!) ?? 0) + values[i]!);
  return [...sums.values()];
};

/**
 * The share of sign flips of the group sums whose total is at least as far from 0: exact whatever the distribution, if
 * under no difference either sign is as likely.
 *
 * @see Fisher 1935, The Design of Experiments, section 21
 */
const signFlipTest = (sums: readonly number[], random: Random): number => {
  const moved = sums.filter((sum) => sum !== 0);
  const seen = Math.abs(moved.reduce((a, b) => a + b, 0)) - 1e-9;
  let asFar = 1; // the sums as they are
  for (let flip = 0; flip < FLIPS; flip++) {
    const total = moved.reduce((sum, value) => sum + (random.uniform() < 0.5 ? value : -value), 0);
    if (Math.abs(total) >= seen) asFar += 1;
  }
  return asFar / (FLIPS + 1);
};

/**
 * The mean of paired differences, with Student's interval over groups of near-copies, widened by what cross-validation
 * varies more than a draw of as many images, and the p-value of a sign-flip test.
 *
 * @param differences  one an image: right by the one (1 or 0, or a mean over repeats), less right by the other
 */
export const pairedDifference = (
  differences: ArrayLike<number>,
  groups: ArrayLike<number>,
  random: Random,
): PairedDifference => {
  const sums = groupSums(differences, groups);
  const mean = meanOf(differences);
  const half =
    sums.length < 2
      ? Infinity
      : tQuantile(0.975, sums.length - 1) * Math.sqrt(DESIGN_EFFECT) * groupedError(differences, groups);
  return { mean, interval: { low: mean - half, high: mean + half }, p: signFlipTest(sums, random) };
};

/**
 * p-values made larger so that of all of them together none is below a level by chance more often than that.
 *
 * @see Holm 1979, A simple sequentially rejective multiple test procedure
 */
export const holm = (p: readonly number[]): number[] => {
  const order = [...p.keys()].sort((a, b) => p[a]! - p[b]!);
  const out = new Array<number>(p.length);
  let most = 0;
  order.forEach((i, rank) => {
    most = Math.max(most, Math.min(1, (p.length - rank) * p[i]!));
    out[i] = most;
  });
  return out;
};
