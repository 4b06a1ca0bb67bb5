import type { Interval } from "../evidence.ts";
import { boundary } from "./mixture-boundary.ts";

/** What is kept of a stream of outcomes in [0, 1]: plain numbers. */
export interface MeanState {
  readonly count: number;
  readonly sum: number;
  /** Sum of squares of each outcome minus the mean of those before it. */
  readonly variation: number;
}

export const emptyMean: MeanState = { count: 0, sum: 0, variation: 0 };

/** The mean so far, drawn towards a half by one imaginary outcome: known before the next one is. */
export const predictedMean = ({ count, sum }: Pick<MeanState, "count" | "sum">): number => (sum + 0.5) / (count + 1);

/** @param outcome  in [0, 1] */
export const observeMean = (state: MeanState, outcome: number): MeanState => ({
  count: state.count + 1,
  sum: state.sum + outcome,
  variation: state.variation + (outcome - predictedMean(state)) ** 2,
});

/**
 * Confidence sequence of a mean: an interval that holds the truth at all sample sizes at once with probability
 * 1 - alpha, so that it may be looked at after every outcome.
 *
 * Holds for outcomes in [0, 1] whose expectation, given those before, is the mean sought (the running mean of the
 * expectations, where they change); nothing else is assumed of them.
 *
 * @see Howard et al. 2021, theorem 4. https://arxiv.org/abs/1810.08240
 */
export const meanInterval = ({ count, sum, variation }: MeanState, alpha: number): Interval => {
  if (count === 0) return { low: 0, high: 1 };
  const reach = boundary(variation, alpha / 2) / count;
  return { low: Math.max(0, sum / count - reach), high: Math.min(1, sum / count + reach) };
};
