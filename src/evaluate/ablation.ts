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
  /**
   * For every image the calibrated probability given to its class, mean over repeats: where it is there, it is what must
   * rise beyond chance, as it tells more of a dozen images than right or wrong does; accuracy must rise with it.
   */
  readonly credit?: Float64Array;
}

/** By how much an arm's credit exceeds the baseline's; null where there is none. */
const creditGained = (own: ArmAnswers, { credit }: ArmAnswers): Float64Array | null =>
  (credit && own.credit?.map((share, i) => share - credit[i]!)) ?? null;

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
  const differences = others.map((own) => {
    const { name, right } = own;
    const inRight = right.map((share, i) => share - baseline.right[i]!);
    const seen = pairedDifference(inRight, groups, random.fork(name));
    const gained = creditGained(own, baseline);
    if (!gained) return { ...seen, rises: seen.mean > 0 };
    const { mean, p } = pairedDifference(gained, groups, random.fork(`${name} credit`));
    return { ...seen, p, rises: seen.mean > 0 && mean > 0 };
  });
  const adjusted = holm(differences.map(({ p }) => p));
  const accuracyOf = ({ right }: ArmAnswers): Estimate => crossValidated(meanOf(right), worth);
  return [
    { name: baseline.name, accuracy: accuracyOf(baseline), difference: null, proven: false },
    ...others.map((own, i) => {
      const { rises, ...difference } = differences[i]!;
      return {
        name: own.name,
        accuracy: accuracyOf(own),
        difference: { ...difference, adjusted: adjusted[i]! },
        proven: rises && adjusted[i]! < LEVEL,
      };
    }),
  ];
};

/** The arm with the largest proven gain; the baseline where none is proven. */
export const recommendArm = (arms: readonly Arm[]): Arm =>
  arms.reduce((best, arm) => (arm.proven && arm.difference!.mean > (best.difference?.mean ?? 0) ? arm : best));
