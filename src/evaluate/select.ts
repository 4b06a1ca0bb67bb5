import { takeRows, type Matrix } from "../base/matrix.ts";
import { fitTemperature, logLosses } from "./calibrate.ts";

/** How a candidate fares on images it had not seen. */
export interface Fare {
  readonly temperature: number;
  /** Log loss of every image, at that temperature. */
  readonly losses: Float64Array;
}

/** Log losses of some rows of out-of-fold scores, at the temperature that suits those rows. */
export const fareOf = (scores: Matrix, labels: Int32Array, rows: ArrayLike<number>): Fare => {
  const part = takeRows(scores, rows);
  const truths = Int32Array.from(rows, (row) => labels[row]!);
  const temperature = fitTemperature(part, truths);
  return { temperature, losses: logLosses(part, truths, temperature) };
};

export const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** Standard error of a mean over images that come in groups of near-copies: groups are drawn, not images. */
export const groupedError = (values: ArrayLike<number>, groups: ArrayLike<number>): number => {
  const mean = meanOf(values);
  const sums = new Map<number, number>();
  for (let i = 0; i < values.length; i++) sums.set(groups[i]!, (sums.get(groups[i]!) ?? 0) + values[i]! - mean);
  let square = 0;
  for (const sum of sums.values()) square += sum * sum;
  const g = sums.size;
  return g < 2 ? Infinity : Math.sqrt((square * g) / (g - 1)) / values.length;
};

/** Differences in log loss (nats) too small to matter: a hundredth of the truth's probability. */
const IMMATERIAL = 0.01;

/**
 * The simplest candidate within one standard error of the best: the first, in order of simplicity, whose losses exceed
 * the best one's by at most the standard error of that difference, image by image, or by next to nothing.
 *
 * @param losses  per candidate, from simple to flexible; of the same images
 * @see Breiman et al. 1984, Classification and Regression Trees, section 3.4.3 (the 1 SE rule), here on paired losses
 */
export const chooseSimplest = (losses: readonly Float64Array[], groups: ArrayLike<number>): number => {
  const means = losses.map(meanOf);
  const best = means.indexOf(Math.min(...means));
  return losses.findIndex((own, c) => {
    if (c === best) return true;
    const excess = own.map((loss, i) => loss - losses[best]![i]!);
    return meanOf(excess) <= Math.max(IMMATERIAL, groupedError(excess, groups));
  });
};
