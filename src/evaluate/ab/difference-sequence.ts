import { optionError } from "../../base/errors.ts";
import type { Interval } from "../evidence.ts";
import { predictedMean } from "./mean-sequence.ts";
import { boundary, isReached } from "./mixture-boundary.ts";

/** What is kept of outcomes of two arms: plain numbers. */
export interface DifferenceState {
  /** Outcomes, and their sum, over both arms. */
  readonly count: number;
  readonly sum: number;
  /** Sums of terms, of their squares, and of the weights that they carry the difference with. */
  readonly terms: number;
  readonly squares: number;
  readonly weights: number;
}

export const emptyDifference: DifferenceState = { count: 0, sum: 0, terms: 0, squares: 0, weights: 0 };

/** One outcome of one of two arms. */
export interface ArmOutcome {
  readonly isChallenger: boolean;
  /** Probability with which the challenger was to be chosen, of the two, when this one was assigned; in [0, 1]. */
  readonly share: number;
  /** In [0, 1]. */
  readonly outcome: number;
}

/**
 * Takes up one outcome.
 *
 * With y the outcome, m the mean predicted from those before, b 1 for the challenger and π its share, the term
 * x = (y - m)(b - π) has expectation π (1 - π) δ, whatever m is and however outcomes drift: δ is the difference of the
 * arms' expectations, and the assignment is the only chance relied on. Divided by its largest size, |x| <= 1.
 *
 * @throws HandfulError E_OPTION for a share or outcome outside [0, 1]
 * @see Robinson 1988 for the term; Howard et al. 2021, section 4.2, for sequences of randomised experiments
 */
export const observeDifference = (state: DifferenceState, { isChallenger, share, outcome }: ArmOutcome) => {
  for (const value of [share, outcome])
    if (!(value >= 0 && value <= 1)) throw optionError(`an outcome of an arm: wanted numbers in [0, 1], got ${value}`);
  const mean = predictedMean(state);
  const size = Math.max(mean, 1 - mean) * Math.max(share, 1 - share);
  return added(state, {
    count: 1,
    sum: outcome,
    terms: ((outcome - mean) * ((isChallenger ? 1 : 0) - share)) / size,
    weights: (share * (1 - share)) / size,
  });
};

/**
 * Takes up an outcome of both arms on the same photo, as in shadow mode: no chance is needed, and far fewer photos.
 *
 * @param outcomes  in [0, 1] each
 */
export const observePair = (
  state: DifferenceState,
  { control, challenger }: { readonly control: number; readonly challenger: number },
): DifferenceState => added(state, { count: 2, sum: control + challenger, terms: challenger - control, weights: 1 });

const added = (state: DifferenceState, by: Omit<DifferenceState, "squares">): DifferenceState => ({
  count: state.count + by.count,
  sum: state.sum + by.sum,
  terms: state.terms + by.terms,
  squares: state.squares + by.terms ** 2,
  weights: state.weights + by.weights,
});

/**
 * Whether the difference is known to be above (or below) a claim: false for all true claims, at all looks together, with
 * probability 1 - alpha.
 */
export const isKnown = (
  { terms, squares, weights }: DifferenceState,
  side: "above" | "below",
  { claim, alpha }: { readonly claim: number; readonly alpha: number },
): boolean => {
  const excess = terms - claim * weights;
  return isReached(side === "above" ? excess : -excess, squares, alpha);
};

/**
 * Confidence sequence of the difference, challenger minus control: holds it at all sample sizes at once with
 * probability 1 - alpha. Where the difference drifts it is of its mean over the outcomes, weighted by π (1 - π).
 *
 * @returns in [-1, 1], and the estimate within it
 */
export const differenceInterval = (
  { terms, squares, weights }: DifferenceState,
  alpha: number,
): Interval & { readonly value: number } => {
  if (weights === 0) return { value: 0, low: -1, high: 1 };
  const clip = (x: number): number => Math.min(1, Math.max(-1, x));
  const [value, reach] = [terms / weights, boundary(squares, alpha / 2) / weights];
  return { value: clip(value), low: clip(value - reach), high: clip(value + reach) };
};
