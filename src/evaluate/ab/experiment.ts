import { optionError } from "../../base/errors.ts";
import { unknownName } from "../../base/nearest-name.ts";
import { emptyDifference, observeDifference, observePair, type DifferenceState } from "./difference-sequence.ts";
import { emptyMean, observeMean, type MeanState } from "./mean-sequence.ts";
import { emptySampleRatio, observeAssignment, type SampleRatioState } from "./sample-ratio.ts";

/** What is measured: shares of answers that are right, failed, unknown or slower than the limit. */
export type Metric = "right" | "failed" | "unknown" | "slow";
export const METRICS: readonly Metric[] = ["right", "failed", "unknown", "slow"];

/** What is kept of an experiment: plain numbers, which can be stored as JSON and taken up again. */
export interface ExperimentState {
  /** The control first, then the challengers. */
  readonly arms: readonly string[];
  /** Every metric of every arm, in the order of `arms`. */
  readonly means: readonly Readonly<Record<Metric, MeanState>>[];
  /** Every challenger against the control, in the order of `arms` from the second on. */
  readonly differences: readonly Readonly<Record<Metric, DifferenceState>>[];
  readonly ratio: SampleRatioState;
}

/** Which arm it was, and with which shares that arm was chosen, in the order of `arms`. */
export interface Assigned {
  readonly arm: string;
  /** As when the key was given its arm; summing to 1. */
  readonly shares: readonly number[];
}

const ofEach = <T>(value: T): Record<Metric, T> => ({ right: value, failed: value, unknown: value, slow: value });

/** @throws HandfulError E_OPTION for fewer than two arms, or one named twice */
export const startExperiment = (arms: readonly string[]): ExperimentState => {
  if (arms.length < 2 || new Set(arms).size !== arms.length)
    throw optionError(`arms of an experiment: wanted two or more, none twice, got ${arms.join(", ") || "none"}`);
  return {
    arms: [...arms],
    means: arms.map(() => ofEach(emptyMean)),
    differences: arms.slice(1).map(() => ofEach(emptyDifference)),
    ratio: emptySampleRatio(arms.length),
  };
};

const indexOf = ({ arms }: ExperimentState, { arm, shares }: Assigned): number => {
  const index = arms.indexOf(arm);
  if (index < 0) throw unknownName("arm", arm, arms);
  if (shares.length !== arms.length) throw optionError(`shares of arms: wanted ${arms.length}, got ${shares.length}`);
  return index;
};

/** Takes up the first time that a key comes to the experiment. */
export const observeKey = (state: ExperimentState, assigned: Assigned): ExperimentState => ({
  ...state,
  ratio: observeAssignment(state.ratio, indexOf(state, assigned), assigned.shares),
});

/** The share of a challenger of what it and the control get; null where neither gets anything. */
const shareOfTwo = (shares: readonly number[], challenger: number): number | null => {
  const both = shares[0]! + shares[challenger]!;
  return both > 0 ? shares[challenger]! / both : null;
};

/** Takes up one outcome, in [0, 1], of one metric. */
const observe = (state: ExperimentState, assigned: Assigned, metric: Metric, outcome: number): ExperimentState => {
  const at = indexOf(state, assigned);
  const means = state.means.map((own, i) => (i === at ? { ...own, [metric]: observeMean(own[metric], outcome) } : own));
  const differences = state.differences.map((own, i) => {
    const challenger = i + 1;
    const share = shareOfTwo(assigned.shares, challenger);
    if (share === null || (at !== 0 && at !== challenger)) return own;
    const seen = { isChallenger: at === challenger, share, outcome };
    return { ...own, [metric]: observeDifference(own[metric], seen) };
  });
  return { ...state, means, differences };
};

/** How an answer went. */
export interface AnswerFacts {
  readonly failed: boolean;
  readonly unknown: boolean;
  /** It took longer than the limit. */
  readonly slow: boolean;
}

/** Takes up one answer, for the guard-rails. */
export const observeAnswer = (state: ExperimentState, assigned: Assigned, facts: AnswerFacts): ExperimentState =>
  (["failed", "unknown", "slow"] as const).reduce(
    (seen, metric) => observe(seen, assigned, metric, facts[metric] ? 1 : 0),
    state,
  );

/** Takes up whether an answer was right, once its true label is known. */
export const observeFeedback = (state: ExperimentState, assigned: Assigned, isRight: boolean): ExperimentState =>
  observe(state, assigned, "right", isRight ? 1 : 0);

/**
 * Takes up whether control and challenger were right on the same photo, where the challenger answers in the shadow of
 * the control.
 */
export const observeShadow = (
  state: ExperimentState,
  challenger: string,
  right: { readonly control: boolean; readonly challenger: boolean },
): ExperimentState => {
  const at = state.arms.indexOf(challenger);
  if (at < 1) throw unknownName("challenger", challenger, state.arms.slice(1));
  const outcome = { control: right.control ? 1 : 0, challenger: right.challenger ? 1 : 0 };
  return {
    ...state,
    means: state.means.map((own, i) => {
      if (i !== 0 && i !== at) return own;
      return { ...own, right: observeMean(own.right, i === 0 ? outcome.control : outcome.challenger) };
    }),
    differences: state.differences.map((own, i) =>
      i === at - 1 ? { ...own, right: observePair(own.right, outcome) } : own,
    ),
  };
};
