import { optionError } from "../../base/errors.ts";
import { argmax, rowOf, type Matrix } from "../../base/matrix.ts";
import { shuffled } from "../../base/random.ts";
import { withPseudoLabels } from "../pseudo-labels.ts";
import type { PseudoLabels, SemiSupervisedTask } from "../semi-supervised-method.ts";
import type { Support } from "../method.ts";

/** What is said of the rows of the pool; one entry each. */
export interface Answers {
  readonly labels: Int32Array;
  readonly confidences: Float64Array;
}

/** The likeliest class of every row with its probability. */
export const likeliest = (probabilities: Matrix): Answers => {
  const labels = Int32Array.from({ length: probabilities.rows }, (_, i) => argmax(rowOf(probabilities, i)));
  return { labels, confidences: Float64Array.from(labels, (c, i) => rowOf(probabilities, i)[c]!) };
};

/** Rows as they are told of, ascending, from what each was given. */
export const gathered = (
  given: ReadonlyMap<number, { label: number; round: number; confidence: number }>,
): PseudoLabels => {
  const rows = [...given.keys()].sort((a, b) => a - b);
  const all = rows.map((row) => given.get(row)!);
  return {
    rows: Int32Array.from(rows),
    labels: Int32Array.from(all, ({ label }) => label),
    rounds: Int32Array.from(all, ({ round }) => round),
    confidences: Float64Array.from(all, ({ confidence }) => confidence),
  };
};

/** @throws E_OPTION unless in (0, 1] */
export const checkShare = (name: string, value: number): void => {
  if (!(value > 0 && value <= 1)) throw optionError(`${name}: wanted a number above 0, at most 1, got ${value}`);
};

/** @throws E_OPTION unless whole and positive */
export const checkCount = (name: string, value: number): void => {
  if (!Number.isInteger(value) || value < 1) throw optionError(`${name}: wanted a whole number from 1, got ${value}`);
};

export const SELECTIONS = ["confidence", "random"] as const;

export interface GrowOptions {
  /** Least confidence of a row that gets a label, in (0, 1]. */
  readonly threshold: number;
  /** Which of the rows above the threshold come first: the surest, or any. */
  readonly selection: (typeof SELECTIONS)[number];
  /** Most rows of a class that get their label in one round. */
  readonly quota: number;
  readonly rounds: number;
}

/** @throws E_OPTION */
export const checkGrow = ({ threshold, selection, quota, rounds }: GrowOptions): void => {
  checkShare("threshold", threshold);
  checkCount("quota", quota);
  checkCount("rounds", rounds);
  if (!SELECTIONS.includes(selection))
    throw optionError(`selection: wanted ${SELECTIONS.join(" or ")}, got "${String(selection)}"`);
};

/**
 * Gives labels round by round: rows that reach the threshold, at most a quota of each class, keep their label for good,
 * and the next round is judged by what has learned from them; until nothing is added.
 */
export const grow = async (
  { support, pool, random }: SemiSupervisedTask,
  { threshold, selection, quota, rounds }: GrowOptions,
  judge: (support: Support) => Promise<Answers>,
): Promise<PseudoLabels> => {
  const given = new Map<number, { label: number; round: number; confidence: number }>();
  for (let round = 1; round <= rounds && given.size < pool.rows; round++) {
    const { labels, confidences } = await judge(withPseudoLabels(support, pool, gathered(given)));
    const open = Array.from(labels.keys()).filter((row) => !given.has(row) && confidences[row]! >= threshold);
    const order =
      selection === "random"
        ? shuffled(open, random.fork(`round ${round}`))
        : open.sort((a, b) => confidences[b]! - confidences[a]! || a - b);
    const left = new Array<number>(support.ways).fill(quota);
    const taken = order.filter((row) => left[labels[row]!]!-- > 0);
    if (taken.length === 0) break;
    for (const row of taken) given.set(row, { label: labels[row]!, round, confidence: confidences[row]! });
  }
  return gathered(given);
};

/**
 * Gives labels anew in every round: those of rows whose confidence exceeds the threshold of their class, by thresholds
 * that follow from what was said in this round and before; until no label changes.
 *
 * @param thresholdsOf  from the probabilities of the pool, [pool, ways]; called once a round, in order
 */
export const relabel = async (
  { support, pool, learners }: SemiSupervisedTask,
  rounds: number,
  thresholdsOf: (probabilities: Matrix) => Float64Array,
): Promise<PseudoLabels> => {
  let given = new Map<number, { label: number; round: number; confidence: number }>();
  for (let round = 1; round <= rounds && pool.rows > 0; round++) {
    const answer = await learners[0](withPseudoLabels(support, pool, gathered(given)));
    const probabilities = await answer(pool);
    const thresholds = thresholdsOf(probabilities);
    const { labels, confidences } = likeliest(probabilities);
    const next: typeof given = new Map();
    labels.forEach((label, row) => {
      if (!(confidences[row]! > thresholds[label]!)) return;
      const before = given.get(row);
      const since = before?.label === label ? before.round : round;
      next.set(row, { label, round: since, confidence: confidences[row]! });
    });
    const same = next.size === given.size && [...next.values()].every((one) => one.round < round);
    given = next;
    if (same) break;
  }
  return gathered(given);
};
