import type { Interval } from "../evidence.ts";
import { differenceInterval, isKnown } from "./difference-sequence.ts";
import { METRICS, type ExperimentState, type Metric } from "./experiment.ts";
import { meanInterval } from "./mean-sequence.ts";
import { isMismatched } from "./sample-ratio.ts";

export interface DecisionRules {
  /** Chance of a wrong decision on accuracy over all looks and challengers. */
  readonly alpha: number;
  /** A challenger is promoted when its accuracy is higher by more than this, in [0, 1). */
  readonly gain: number;
  /** When the difference is known to be less than this either way, the test ends without one; null: it goes on. */
  readonly negligible: number | null;
  /** How much more often answers of a challenger may fail, be unknown, or be slow; null: not looked at. */
  readonly guards: Readonly<Record<Exclude<Metric, "right">, number | null>>;
  /** Chance of a false alarm of the guard-rails, all together, over all looks. */
  readonly guardAlpha: number;
  /** Chance of a false alarm that keys did not come by the shares. */
  readonly ratioAlpha: number;
}

export const DEFAULT_RULES: DecisionRules = {
  alpha: 0.05,
  gain: 0,
  negligible: null,
  guards: { failed: 0.01, unknown: 0.05, slow: 0.05 },
  guardAlpha: 0.05,
  ratioAlpha: 0.001,
};

export interface Decision {
  readonly challenger: string;
  /** "hold": the split of keys is not the one wanted, so nothing may be concluded. */
  readonly verdict: "promote" | "roll back" | "no difference" | "go on" | "hold";
  /** For people: why, each a sentence. */
  readonly reasons: readonly string[];
}

const GUARD_TEXTS = { failed: "fail", unknown: "are unknown", slow: "are too slow" } as const;

const points = (share: number): string => `${(100 * share).toFixed(1)} points`;

/** Guard-rails that a challenger has broken. */
const brokenGuards = ({ differences }: ExperimentState, i: number, rules: DecisionRules): string[] => {
  const used = (Object.keys(GUARD_TEXTS) as (keyof typeof GUARD_TEXTS)[]).filter((m) => rules.guards[m] !== null);
  const alpha = rules.guardAlpha / (used.length * differences.length);
  return used
    .filter((metric) => isKnown(differences[i]![metric], "above", { claim: rules.guards[metric]!, alpha }))
    .map(
      (metric) =>
        `Its answers ${GUARD_TEXTS[metric]} more often than the control's, by more than ${points(rules.guards[metric]!)}.`,
    );
};

const onAccuracy = (
  { differences }: ExperimentState,
  i: number,
  rules: DecisionRules,
): Omit<Decision, "challenger"> => {
  const { right } = differences[i]!;
  const alpha = rules.alpha / (2 * differences.length);
  const is = (side: "above" | "below", claim: number): boolean => isKnown(right, side, { claim, alpha });
  if (is("above", rules.gain))
    return { verdict: "promote", reasons: [`Its accuracy is higher by more than ${points(rules.gain)}.`] };
  if (is("below", 0)) return { verdict: "roll back", reasons: ["Its accuracy is lower."] };
  const { negligible } = rules;
  if (negligible !== null && is("below", negligible) && is("above", -negligible))
    return { verdict: "no difference", reasons: [`The accuracies differ by less than ${points(negligible)}.`] };
  return { verdict: "go on", reasons: ["The difference in accuracy is not known well enough yet."] };
};

/**
 * What to do with each challenger, to be asked as often as one likes: the chances of error in the rules hold over all
 * looks together.
 *
 * A broken guard-rail rolls back whatever the accuracy; a split of keys that is not the wanted one holds everything.
 */
export const decide = (state: ExperimentState, rules: DecisionRules = DEFAULT_RULES): Decision[] => {
  const mismatched = isMismatched(state.ratio, rules.ratioAlpha);
  return state.differences.map((_, i) => {
    const challenger = state.arms[i + 1]!;
    const broken = brokenGuards(state, i, rules);
    if (broken.length > 0) return { challenger, verdict: "roll back", reasons: broken };
    if (mismatched) {
      const reasons = ["Keys did not come to the arms by their shares: something loses or moves some of them."];
      return { challenger, verdict: "hold", reasons };
    }
    return { challenger, ...onAccuracy(state, i, rules) };
  });
};

/** What is known of an experiment, for people: intervals that hold at all looks. */
export interface Summary {
  readonly arms: readonly {
    readonly name: string;
    /** First comings of keys. */
    readonly keys: number;
    readonly metrics: Readonly<Record<Metric, Interval & { readonly count: number; readonly value: number | null }>>;
  }[];
  /** Challenger minus control. */
  readonly differences: readonly {
    readonly challenger: string;
    readonly metrics: Readonly<Record<Metric, Interval & { readonly value: number }>>;
  }[];
  /** Evidence against the split of keys, as a p-value that may be looked at any time. */
  readonly ratioP: number;
}

const byMetric = <T>(make: (metric: Metric) => T): Record<Metric, T> =>
  Object.fromEntries(METRICS.map((metric) => [metric, make(metric)])) as Record<Metric, T>;

/** Intervals of every metric of every arm and difference, each of confidence 1 - alpha at all looks. */
export const summarise = (state: ExperimentState, alpha: number = DEFAULT_RULES.alpha): Summary => ({
  arms: state.arms.map((name, i) => ({
    name,
    keys: state.ratio.counts[i]!,
    metrics: byMetric((metric) => {
      const own = state.means[i]![metric];
      return { count: own.count, value: own.count === 0 ? null : own.sum / own.count, ...meanInterval(own, alpha) };
    }),
  })),
  differences: state.differences.map((own, i) => ({
    challenger: state.arms[i + 1]!,
    metrics: byMetric((metric) => differenceInterval(own[metric], alpha / state.differences.length)),
  })),
  ratioP: Math.min(1, Math.exp(-state.ratio.logEvidence)),
});
