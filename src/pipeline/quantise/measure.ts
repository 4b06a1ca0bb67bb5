import { argmax, matrix, rowOf, type Matrix } from "../../base/matrix.ts";
import type { Random } from "../../base/random.ts";
import type { PairedDifference } from "../../evaluate/evidence.ts";
import { expectedCalibrationError, reliabilityBins } from "../../evaluate/metrics.ts";
import { pairedDifference } from "../../evaluate/paired.ts";
import { pairedProportions } from "../../evaluate/paired-proportions.ts";
import { meanOf } from "../../evaluate/select.ts";

/** What a model said of photos, out of fold where it had learned from them. */
export interface Said {
  /** [photos, classes] */
  readonly probabilities: Matrix;
  readonly unknown: readonly boolean[];
}

/** A figure of the model as it was and as it is written. */
export interface Before<T = number> {
  readonly before: T;
  readonly after: T;
}

/** What storing a model in fewer bits did to its answers, on the same photos. */
export interface Measured {
  readonly accuracy: Before;
  /** Accuracy after less before, paired by photo. */
  readonly difference: PairedDifference;
  /** Share of photos of which both name the same class. */
  readonly agreement: number;
  /** Share of the photos, all of known classes, called unknown with the threshold as it was. */
  readonly unknown: Before;
  /** Prediction sets with the threshold as it was: share that holds the truth, mean number of classes; null: none. */
  readonly sets: Before<{ readonly coverage: number; readonly size: number }> | null;
  /** Expected calibration error with the temperature as it was. */
  readonly calibrationError: Before;
}

/** 1 where the likeliest class is the truth, else 0. */
export const rightOf = ({ probabilities }: Pick<Said, "probabilities">, labels: Int32Array): Uint8Array =>
  Uint8Array.from(labels, (label, i) => Number(argmax(rowOf(probabilities, i)) === label));

/** 1 where both name the same class, else 0. */
export const sameOf = (a: Pick<Said, "probabilities">, b: Pick<Said, "probabilities">): Uint8Array =>
  Uint8Array.from({ length: a.probabilities.rows }, (_, i) =>
    Number(argmax(rowOf(a.probabilities, i)) === argmax(rowOf(b.probabilities, i))),
  );

/** For each photo what the model chosen for it said. */
export const pickRows = (all: readonly Said[], chosen: Int32Array): Said => {
  const columns = all.find(Boolean)!.probabilities.columns;
  const probabilities = matrix(chosen.length, columns);
  chosen.forEach((model, i) => rowOf(probabilities, i).set(rowOf(all[model]!.probabilities, i)));
  return { probabilities, unknown: Array.from(chosen, (model, i) => all[model]!.unknown[i]!) };
};

const setsOf = ({ probabilities }: Said, labels: Int32Array, threshold: number) => {
  let [covered, size] = [0, 0];
  labels.forEach((label, i) => {
    const row = rowOf(probabilities, i);
    const best = argmax(row);
    const inside = Array.from(row, (p, c) => p >= threshold || c === best);
    covered += Number(inside[label]);
    size += inside.filter(Boolean).length;
  });
  return { coverage: covered / labels.length, size: size / labels.length };
};

const calibrationErrorOf = ({ probabilities }: Said, labels: Int32Array): number =>
  expectedCalibrationError(
    reliabilityBins(
      Array.from(labels, (label, i) => {
        const row = rowOf(probabilities, i);
        const best = argmax(row);
        return { confidence: row[best]!, right: best === label };
      }),
    ),
  );

export interface MeasureTask {
  readonly before: Said;
  readonly after: Said;
  readonly labels: Int32Array;
  /** Near-copies and declared groups. */
  readonly groups: Int32Array;
  /** The least probability in a prediction set; null: there are none. */
  readonly setProbability: number | null;
  readonly random: Random;
}

/** The paired difference, with the wider of two intervals: over groups of near-copies, and one right for few changes. */
const carefulDifference = (
  differences: Float64Array,
  { groups, random }: Pick<MeasureTask, "groups" | "random">,
): PairedDifference => {
  const { interval, ...rest } = pairedDifference(differences, groups, random);
  const times = (wanted: number): number => differences.filter((d) => d === wanted).length;
  const { low, high } = pairedProportions(differences.length, times(1), times(-1));
  return { ...rest, interval: { low: Math.min(low, interval.low), high: Math.max(high, interval.high) } };
};

/** Sets what a model says after beside what it said before. */
export const measure = ({ before, after, labels, groups, setProbability, random }: MeasureTask): Measured => {
  const [rightBefore, rightAfter] = [rightOf(before, labels), rightOf(after, labels)];
  const both = <T>(figure: (said: Said) => T): Before<T> => ({ before: figure(before), after: figure(after) });
  const differences = Float64Array.from(labels, (_, i) => rightAfter[i]! - rightBefore[i]!);
  return {
    accuracy: { before: meanOf(rightBefore), after: meanOf(rightAfter) },
    difference: carefulDifference(differences, { groups, random }),
    agreement: meanOf(sameOf(before, after)),
    unknown: both(({ unknown }) => meanOf(unknown.map(Number))),
    sets: setProbability === null ? null : both((said) => setsOf(said, labels, setProbability)),
    calibrationError: both((said) => calibrationErrorOf(said, labels)),
  };
};
