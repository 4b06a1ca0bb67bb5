import { rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { crossConformal } from "./conformal.ts";
import type { Calibration, ClassEvidence, Estimate, Evidence, LearningCurve, OutOfFold, Protocol } from "./evidence.ts";
import { crossValidated, effectiveImages } from "./intervals.ts";
import {
  accuracyOf,
  balancedAccuracyOf,
  confusionOf,
  expectedCalibrationError,
  precisionsOf,
  recallsOf,
  reliabilityBins,
  tableOf,
  type Confusion,
} from "./metrics.ts";
import type { NestedRound } from "./nested.ts";
import type { Plan } from "./protocol.ts";
import { confusedPairsOf, outOfFoldOfAll, type Sample } from "./sample.ts";
import type { Final } from "./select-final.ts";
import { MAX_FALSE_REJECT, type UnknownResult } from "./unknown.ts";

/** What the parts of the evaluation found. */
export interface Findings {
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  readonly groups: Int32Array;
  readonly plan: Plan;
  readonly nested: readonly NestedRound[];
  readonly final: Final;
  readonly unknown: UnknownResult | null;
  /** All images, where those above, with their folds and answers, are a sample. */
  readonly sample?: Sample;
}

/** Measures the learning curve, given the cross-validated accuracy and the images its models were trained on. */
export type DrawCurve = (estimate: { readonly accuracy: Estimate; readonly images: number }) => Promise<LearningCurve>;

const INTERVAL =
  "exact 95 % interval (Clopper & Pearson 1934) for 0.8 times as many trials as there are independent images: cross-validation varies more than a draw of as many images (Bates et al. 2021), repeats add no image, and near-copies count as one";

const protocolOf = ({ plan, labels, sample }: Findings): Protocol => {
  const { kind, rounds, canSelect } = plan;
  const folds = rounds[0]?.count ?? 0;
  const nested = canSelect ? ", with the head chosen anew inside every fold" : ", with a head fixed beforehand";
  const times = rounds.length > 1 ? `, ${rounds.length} times` : "";
  const some = sample ? ` of a random sample of ${labels.length} of the ${sample.labels.length} images` : "";
  const text =
    kind === "none"
      ? "Not estimated"
      : kind === "leave-one-out"
        ? `Leave-one-out over ${folds} images or groups${nested}`
        : `${folds}-fold stratified cross-validation${some}${times}${nested}; near-duplicates and groups stay together`;
  return { kind, folds, repeats: rounds.length, text, intervalText: INTERVAL };
};

/** Images asked in every round. */
const askedRows = ({ labels, nested }: Findings): number[] =>
  Array.from(labels.keys()).filter((i) => nested.every((round) => round.predicted[i]! >= 0));

const wasAsked = ({ nested }: Findings, i: number): boolean => nested.some((round) => round.predicted[i]! >= 0);

const calibrationOf = ({ labels, nested, final }: Findings, asked: readonly number[]): Calibration => {
  const predictions = nested.flatMap(({ probabilities, predicted }) =>
    asked.map((i) => ({ confidence: rowOf(probabilities, i)[predicted[i]!]!, right: predicted[i] === labels[i] })),
  );
  const bins = reliabilityBins(predictions, 1 / nested.length);
  return { temperature: final.temperature, expectedCalibrationError: expectedCalibrationError(bins), bins };
};

/** The class that the images of class `c` are most often taken for. */
const mostlyTakenFor = (row: ReadonlyMap<number, number> | undefined, c: number): number | null => {
  let most: [number | null, number] = [null, 0];
  for (const [predicted, images] of row ?? []) if (predicted !== c && images > most[1]) most = [predicted, images];
  return most[0];
};

const classesOf = (findings: Findings, confusion: Confusion | null, counts: ArrayLike<number>): ClassEvidence[] => {
  const { classes, labels, groups } = findings;
  const recalls = confusion && recallsOf(confusion);
  const precisions = confusion && precisionsOf(confusion);
  return classes.map((name, c) => {
    const asked = groups.filter((_, i) => labels[i] === c && wasAsked(findings, i));
    const recall = recalls?.[c] ?? null;
    return {
      name,
      images: counts[c]!,
      recall: recall === null ? null : crossValidated(recall, effectiveImages(asked)),
      precision: precisions?.[c] ?? null,
      mostlyTakenFor: mostlyTakenFor(confusion?.[c], c),
    };
  });
};

/**
 * Balanced accuracy, for as many images as an equally precise sample with classes of one size would have:
 * classes² / Σ 1 / n_c.
 */
const balancedOf = (findings: Findings, confusion: Confusion, share: number): Estimate => {
  const value = balancedAccuracyOf(confusion);
  const asked = findings.labels.filter((_, i) => wasAsked(findings, i));
  const sizes = [...new Set(asked)].map((c) => asked.filter((label) => label === c).length * share);
  const worth = sizes.length ** 2 / sizes.reduce((sum, n) => sum + 1 / n, 0);
  return crossValidated(value, worth);
};

const outOfFoldOf = ({ labels, nested, unknown, classes }: Findings): OutOfFold[] =>
  Array.from(labels, (label, i) => {
    const rounds = nested.filter((round) => round.predicted[i]! >= 0);
    const probabilities = new Array<number>(classes.length).fill(0);
    for (const round of rounds)
      rowOf(round.probabilities, i).forEach((p, c) => (probabilities[c]! += p / rounds.length));
    const votes = rounds.map((round) => round.predicted[i]!);
    const score = unknown?.scores[i] ?? NaN;
    return {
      label,
      predicted: rounds.length > 0 ? probabilities.indexOf(Math.max(...probabilities)) : label,
      votes,
      probabilities,
      unknownScore: Number.isNaN(score) ? 0 : score,
    };
  });

/** What is known less well for a sample. */
const sampleWarning = ({ classes, labels, plan }: Findings, images: number): string => {
  const left = plan.unasked.length;
  const unknown = left > 0 ? `; of ${left} classes none was drawn, so their own recall is not known` : "";
  return `${images} images of ${classes.length} classes are too many to judge each: accuracy is that of ${labels.length} images drawn at random${unknown}. No learning curve is drawn, and only the heads that learn in one pass competed (--head names another).`;
};

const warningsOf = (findings: Findings): string[] => {
  const { classes, plan, final, unknown, sample } = findings;
  const out: string[] = [];
  if (sample) out.push(sampleWarning(findings, sample.labels.length));
  else if (plan.kind !== "none")
    for (const c of plan.unasked)
      out.push(
        `Class "${classes[c]}" has too few images or groups to hold any out: it is learned, but how well it is recognised cannot be estimated.`,
      );
  if (plan.kind !== "none" && !plan.canSelect) out.push(final.selection.text);
  if (unknown && unknown.evidence.auroc < 0.7)
    out.push('Images of classes never seen are hard to tell from known ones here: do not rely on "unknown".');
  if (unknown && unknown.evidence.falseReject > MAX_FALSE_REJECT + 1e-9)
    out.push("More than 5 % of known images are called unknown.");
  return out;
};

const roundsForSets = ({ labels, nested, plan }: Findings, asked: readonly number[]) =>
  nested.map(({ probabilities }, r) => ({
    probabilities: takeRows(probabilities, asked) satisfies Matrix,
    labels: asked.map((i) => labels[i]!),
    folds: asked.map((i) => plan.rounds[r]!.folds[i]!),
  }));

const countsOf = (labels: Int32Array, ways: number): Int32Array => {
  const counts = new Int32Array(ways);
  for (const label of labels) counts[label]! += 1;
  return counts;
};

/** As a table of all classes, or, of a sample, as a list of pairs. */
const confusionFields = (confusion: Confusion | null, sample: Sample | undefined) =>
  confusion && sample
    ? { confusion: null, confusedPairs: confusedPairsOf(confusion) }
    : { confusion: confusion && tableOf(confusion) };

/** Puts all findings into one plain object. */
export const gatherEvidence = async (findings: Findings, drawCurve: DrawCurve): Promise<Evidence> => {
  const { classes, labels, groups, plan, nested, final, unknown, sample } = findings;
  const possible = plan.kind !== "none";
  const asked = possible ? askedRows(findings) : [];
  const answers = nested.map((round) => round.predicted);
  const confusion = possible ? confusionOf(labels, answers, classes.length) : null;
  const all = sample?.labels ?? labels;
  const counts = countsOf(all, classes.length);
  const worth = asked.length > 0 ? effectiveImages(asked.map((i) => groups[i]!)) : 0;
  const value = confusion ? accuracyOf(confusion) : 0;
  const accuracy = confusion && crossValidated(value, worth);
  const trained = all.length - asked.length / Math.max(1, plan.rounds[0]?.count ?? 1);
  const outOfFold = possible ? outOfFoldOf(findings) : null;
  return {
    images: all.length,
    groups: new Set(sample?.groups ?? groups).size,
    classes: classesOf(findings, confusion, counts),
    protocol: protocolOf(findings),
    accuracy,
    balancedAccuracy: confusion && balancedOf(findings, confusion, worth / asked.length),
    cannotEstimate: possible
      ? null
      : "Accuracy cannot be estimated: fewer than two classes have two images (or groups) or more, so none can be held out. Add images.",
    majorityBaseline: counts.reduce((a, b) => Math.max(a, b), 0) / all.length,
    ...confusionFields(confusion, sample),
    outOfFold: outOfFold && sample ? outOfFoldOfAll(outOfFold, sample) : outOfFold,
    selection: final.selection,
    calibration: possible ? calibrationOf(findings, asked) : null,
    conformal: possible ? crossConformal(roundsForSets(findings, asked)) : null,
    unknown: unknown?.evidence ?? null,
    learningCurve: accuracy && (await drawCurve({ accuracy, images: trained })),
    warnings: warningsOf(findings),
  };
};
