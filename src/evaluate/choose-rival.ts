import { argmax, matrix, rowOf, takeRows } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { compareArms, recommendArm } from "./ablation.ts";
import { probabilitiesOf } from "./calibrate.ts";
import type { Rival } from "./contest.ts";
import type { Arm, UnlabelledEvidence } from "./evidence.ts";
import { fareOf } from "./select.ts";

/** A rival, and what it learned from beside the labelled images: "none", or the name of a method. */
export interface RivalArm {
  readonly name: string;
  readonly rival: Rival;
}

type Arms = readonly [RivalArm, ...RivalArm[]];

interface Truth {
  readonly labels: Int32Array;
  readonly groups: Int32Array;
}

export interface ChosenRival {
  readonly index: number;
  /** The chosen one; its scores are those of the choosing itself, done anew for every fold without it. */
  readonly rival: Rival;
  readonly unlabelled: UnlabelledEvidence;
}

const compareOn = (arms: Arms, { labels, groups }: Truth, rows: readonly number[], random: Random): Arm[] => {
  const answersOf = ({ name, rival: { scores } }: RivalArm) => {
    const { temperature } = fareOf(scores, labels, rows);
    const probabilities = probabilitiesOf(takeRows(scores, rows), temperature);
    return {
      name,
      right: Float64Array.from(rows, (row, i) => (argmax(rowOf(probabilities, i)) === labels[row] ? 1 : 0)),
      credit: Float64Array.from(rows, (row, i) => rowOf(probabilities, i)[labels[row]!]!),
    };
  };
  const [first, ...others] = arms;
  const own = Int32Array.from(rows, (row) => groups[row]!);
  return compareArms([answersOf(first), ...others.map(answersOf)], own, random);
};

const sentence = (arms: readonly Arm[], used: Arm): string => {
  if (used.difference)
    return `${used.name} is used in tuning the network: learning from unlabelled images too, its accuracy rose by ${(100 * used.difference.mean).toFixed(1)} points, and the probability given to the truth beyond chance.`;
  const figures = arms.flatMap(({ name, difference }) =>
    difference ? [`${name} ${difference.mean > 0 ? "+" : ""}${(100 * difference.mean).toFixed(1)}`] : [],
  );
  return `the network is tuned to the labelled images alone: learning from the unlabelled ones too proved no gain (${figures.join(", ")} points out of fold).`;
};

/**
 * Chooses among models tuned with and without unlabelled images: one of the others only where it proves a gain over the
 * first, as for heads.
 *
 * @param arms  learned from the labelled images alone first; all of the same folds
 */
export const chooseRival = (arms: Arms, truth: Truth, random: Random): ChosenRival => {
  const { folds, count } = arms[0].rival.round;
  const asked = Array.from(folds.keys()).filter((row) => folds[row]! >= 0);
  const indexOf = (rows: readonly number[], draw: Random): { readonly index: number; readonly compared: Arm[] } => {
    const compared = compareOn(arms, truth, rows, draw);
    const best = recommendArm(compared);
    return { index: compared.indexOf(best), compared };
  };
  const { index, compared } = indexOf(asked, random.fork("all"));
  const { rival } = arms[index]!;
  const scores = matrix(rival.scores.rows, rival.scores.columns);
  for (let fold = 0; fold < count; fold++) {
    const others = asked.filter((row) => folds[row] !== fold);
    const chosen = arms[indexOf(others, random.fork(`fold ${fold}`)).index]!.rival;
    for (const row of asked) if (folds[row] === fold) rowOf(scores, row).set(rowOf(chosen.scores, row));
  }
  const used = compared[index]!;
  return {
    index,
    rival: { ...rival, scores },
    unlabelled: { used: used.name, arms: compared, text: sentence(compared, used) },
  };
};
