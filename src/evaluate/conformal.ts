import { argmax, rowOf, type Matrix } from "../base/matrix.ts";
import type { Conformal } from "./evidence.ts";

/** Out-of-fold probabilities of one repeat. */
export interface ConformalRound {
  /** [images, classes] */
  readonly probabilities: Matrix;
  readonly labels: ArrayLike<number>;
  /** Fold of every row. */
  readonly folds: ArrayLike<number>;
}

/**
 * The probability above which classes join a set that is to hold the truth with confidence `level`.
 *
 * 1 - the ⌈(n + 1) level⌉-th smallest of 1 - p(truth); 0 (all classes) where n is too small for the level.
 * @see Vovk 2013, Cross-conformal predictors. https://arxiv.org/abs/1208.0806; score: Sadinle et al. 2019
 */
export const conformalThreshold = (truthProbabilities: readonly number[], level: number): number => {
  const n = truthProbabilities.length;
  const rank = Math.ceil((n + 1) * level);
  if (rank > n) return 0;
  return [...truthProbabilities].sort((a, b) => b - a)[rank - 1]!;
};

const truthsOf = ({ probabilities, labels }: ConformalRound, rows: readonly number[]): number[] =>
  rows.map((i) => rowOf(probabilities, i)[labels[i]!]!);

/** Cross-conformal sets: the threshold from all images; coverage and size with the threshold of the other folds. */
export const crossConformal = (rounds: readonly ConformalRound[], level = 0.9): Conformal => {
  const thresholds: number[] = [];
  let [covered, sizes, count] = [0, 0, 0];
  for (const round of rounds) {
    const rows = Array.from({ length: round.labels.length }, (_, i) => i);
    thresholds.push(conformalThreshold(truthsOf(round, rows), level));
    for (const fold of new Set(rows.map((i) => round.folds[i]!))) {
      const others = rows.filter((i) => round.folds[i] !== fold);
      const threshold = conformalThreshold(truthsOf(round, others), level);
      for (const i of rows.filter((row) => round.folds[row] === fold)) {
        const row = rowOf(round.probabilities, i);
        const best = argmax(row);
        const set = Array.from(row, (p, c) => p >= threshold || c === best);
        covered += set[round.labels[i]!] ? 1 : 0;
        sizes += set.filter(Boolean).length;
        count += 1;
      }
    }
  }
  const threshold = thresholds.reduce((sum, t) => sum + t, 0) / thresholds.length;
  return { level, threshold, coverage: covered / count, meanSetSize: sizes / count };
};
