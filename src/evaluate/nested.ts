import { argmax, matrix, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { probabilitiesOf } from "./calibrate.ts";
import type { HeldOutScores } from "./cross-validate.ts";
import type { Round } from "./protocol.ts";
import { chooseSimplest, fareOf } from "./select.ts";

/** What one repeat of nested cross-validation says of every image. */
export interface NestedRound {
  /** Calibrated, out of fold, by the head that was chosen without the image's fold; [images, classes]; 0 where never asked. */
  readonly probabilities: Matrix;
  /** Most likely class; -1 where never asked. */
  readonly predicted: Int32Array;
  /** Index of the candidate chosen for each outer fold. */
  readonly chosen: readonly number[];
  /** For each outer fold the temperature of every candidate, by the other folds; absent where no heads were judged. */
  readonly temperatures?: readonly (readonly number[])[];
}

export interface NestedInput {
  readonly round: Round;
  readonly labels: Int32Array;
  readonly groups: Int32Array;
  /** Per candidate, from simple to flexible. */
  readonly scores: readonly HeldOutScores[];
}

/**
 * The whole selecting procedure, asked about images it had not seen: for every outer fold, the head and its temperature
 * are chosen on the other folds alone (by models that had not seen the rows they are judged on), then applied to it.
 *
 * @see Varma & Simon 2006, Bias in error estimation when using cross-validation for model selection. https://doi.org/10.1186/1471-2105-7-91
 */
export const nestedRound = ({ round, labels, groups, scores }: NestedInput): NestedRound => {
  const ways = scores[0]!.outer.columns;
  const { folds, count } = round;
  const all = Array.from(folds.keys());
  const probabilities = matrix(all.length, ways);
  const predicted = new Int32Array(all.length).fill(-1);
  const chosen: number[] = [];
  const temperatures: number[][] = [];
  for (let outer = 0; outer < count; outer++) {
    const asked = all.filter((i) => folds[i] === outer);
    const others = all.filter((i) => folds[i] !== outer && folds[i]! >= 0);
    const fares = scores.map(({ inner, outer: whole }) => fareOf(inner[outer] ?? whole, labels, others));
    const best = chooseSimplest(
      fares.map((fare) => fare.losses),
      others.map((i) => groups[i]!),
    );
    chosen.push(best);
    temperatures.push(fares.map((fare) => fare.temperature));
    const answers = probabilitiesOf(takeRows(scores[best]!.outer, asked), fares[best]!.temperature);
    asked.forEach((row, i) => {
      rowOf(probabilities, row).set(rowOf(answers, i));
      predicted[row] = argmax(rowOf(answers, i));
    });
  }
  return { probabilities, predicted, chosen, temperatures };
};
