import { matrix, release, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import type { Algebra } from "../methods/algebra.ts";
import type { Method, MethodOptions, Support } from "../methods/method.ts";
import { heldOut, type Round } from "./protocol.ts";

/** A method with options: one way of learning the head. */
export interface Candidate {
  readonly method: Method;
  readonly options: MethodOptions;
}

/** Scores of images by models that had not seen them. */
export interface HeldOutScores {
  /** Row i by the model trained without i's fold; [images, classes], or [asked, classes] where the round names them. */
  readonly outer: Matrix;
  /** By outer fold o: row i by the model trained without o and without i's fold; empty when no pairs were asked for. */
  readonly inner: readonly Matrix[];
}

/** Numbers of one matrix of a batched fit, at most: bounds memory. */
const BATCH_NUMBERS = 6e6;

/** Fits on every subset, in batches that fit into memory. A state may be asked until the next one is drawn. */
export const fitAll = async function* (
  { method, options }: Candidate,
  support: Support,
  subsets: readonly Int32Array[],
  algebra: Algebra,
): AsyncGenerator<{ readonly index: number; readonly state: unknown }> {
  const longest = Math.max(support.features.rows, support.features.columns);
  const batch = Math.max(1, Math.floor(BATCH_NUMBERS / (longest * support.ways)));
  for (let from = 0; from < subsets.length; from += method.fitSubsets ? batch : 1) {
    if (method.fitSubsets) {
      const states = await method.fitSubsets(support, subsets.slice(from, from + batch), options, algebra);
      for (const [i, state] of states.entries()) yield { index: from + i, state };
    } else {
      const rows = subsets[from]!;
      const labels = Int32Array.from(rows, (row) => support.labels[row]!);
      const part = { ...support, features: takeRows(support.features, rows), labels };
      yield { index: from, state: await method.fit(part, options, algebra) };
      release(part.features);
    }
  }
};

const writeRows = (to: Matrix, places: readonly number[], scores: Matrix, keep: (at: number) => boolean): void =>
  places.forEach((at, i) => keep(at) && rowOf(to, at).set(rowOf(scores, i)));

/**
 * Scores every image by models that had not seen it.
 *
 * The model trained without folds {o, i} serves the inner selection of outer fold o on i, and of i on o: with k folds,
 * k (k - 1) / 2 + k fits.
 */
export const crossScores = async (
  candidate: Candidate,
  { support, round, pairs }: { readonly support: Support; readonly round: Round; readonly pairs: boolean },
  algebra: Algebra,
): Promise<HeldOutScores> => {
  const { folds, count } = round;
  const all = Array.from(folds.keys());
  const asked = round.asked ?? all;
  const held = heldOut(round, pairs);
  const isHeld = (row: number, { a, b }: { a: number; b: number | null }): boolean =>
    folds[row] === a || folds[row] === b;
  const subsets = held.map((pair) => Int32Array.from(all.filter((row) => !isHeld(row, pair))));
  const outer = matrix(asked.length, support.ways);
  const inner = Array.from({ length: pairs ? count : 0 }, () => matrix(asked.length, support.ways));
  for await (const { index, state } of fitAll(candidate, support, subsets, algebra)) {
    const pair = held[index]!;
    const places = [...asked.keys()].filter((at) => isHeld(asked[at]!, pair));
    if (places.length === 0) continue;
    const rows = places.map((at) => asked[at]!);
    const queries = takeRows(support.features, rows);
    const scores = await candidate.method.predict(state, queries, algebra);
    release(queries);
    if (pair.b === null) writeRows(outer, places, scores, () => true);
    else {
      writeRows(inner[pair.a]!, places, scores, (at) => folds[asked[at]!] === pair.b);
      writeRows(inner[pair.b]!, places, scores, (at) => folds[asked[at]!] === pair.a);
    }
  }
  return { outer, inner };
};
