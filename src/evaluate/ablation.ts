import type { Random } from "../base/random.ts";
import type { Arm, Estimate } from "./evidence.ts";
import { crossValidated, effectiveImages } from "./intervals.ts";
import { holm, pairedDifference } from "./paired.ts";
import { meanOf } from "./select.ts";

/** What images were answered rightly under one way of varying them. */
export interface ArmAnswers {
  readonly name: string;
  /** For every image the share of repeats in which it was answered rightly by a model that had not seen it. */
  readonly right: Float64Array;
}

/** From this p-value on, made larger for the number of arms, a difference may be chance. */
const LEVEL = 0.05;

/**
 * Sets every arm beside the baseline, image by image.
 *
 * @param answers  the baseline first; all of the same images, folds and seeds
 * @param groups  group of every image
 */
export const compareArms = (
  [baseline, ...others]: readonly [ArmAnswers, ...ArmAnswers[]],
  groups: Int32Array,
  random: Random,
): Arm[] => {
  const worth = effectiveImages(groups);
  const differences = others.map(({ name, right }) =>
    pairedDifference(
      right.map((share, i) => share - baseline.right[i]!),
      groups,
      random.fork(name),
    ),
  );
  const adjusted = holm(differences.map(({ p }) => p));
  const accuracyOf = ({ right }: ArmAnswers): Estimate => crossValidated(meanOf(right), worth);
  return [
    { name: baseline.name, accuracy: accuracyOf(baseline), difference: null, proven: false },
    ...others.map((own, i) => ({
      name: own.name,
      accuracy: accuracyOf(own),
      difference: { ...differences[i]!, adjusted: adjusted[i]! },
      proven: differences[i]!.mean > 0 && adjusted[i]! < LEVEL,
    })),
  ];
};

/** The arm with the largest proven gain; the baseline where none is proven. */
export const recommendArm = (arms: readonly Arm[]): Arm =>
  arms.reduce((best, arm) => (arm.proven && arm.difference!.mean > (best.difference?.mean ?? 0) ? arm : best));
