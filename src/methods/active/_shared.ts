import { rowOf, type Matrix } from "../../base/matrix.ts";
import type { ActiveTask } from "../active-strategy.ts";

/** -Σ p log p, in nats. */
export const entropyOf = (probabilities: ArrayLike<number>): number => {
  let sum = 0;
  for (let c = 0; c < probabilities.length; c++) {
    const p = probabilities[c]!;
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
};

/** 1 - (the largest probability - the second largest), in [0, 1]. */
export const marginDoubt = (probabilities: Float32Array): number => {
  const [first, second] = [...probabilities].sort((a, b) => b - a);
  return 1 - (first! - (second ?? 0));
};

/** A doubt of every row, from the answers of the head in use. */
export const doubts = (answers: Matrix, doubt: (row: Float32Array) => number): Float64Array =>
  Float64Array.from({ length: answers.rows }, (_, i) => doubt(rowOf(answers, i)));

/** The rows with the largest scores, largest first, of equals the first. */
export const largest = (scores: ArrayLike<number>, count: number): Int32Array =>
  Int32Array.from(
    Array.from({ length: scores.length }, (_, i) => i)
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, count),
  );

/** Picks by a doubt about the answers of the head in use. */
export const byDoubt =
  (doubt: (row: Float32Array) => number) =>
  async ({ answers, count }: ActiveTask): Promise<Int32Array> =>
    largest(doubts(answers[0]!, doubt), count);
