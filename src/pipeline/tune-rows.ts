import { rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { stratifiedGroupKFold } from "../data/splits.ts";
import { floats } from "../graph/dtype.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { method as logisticRegression } from "../methods/few-shot/logistic-regression.ts";
import type { FineTuned, FineTuner, FineTuneTask } from "../train/fine-tune.ts";
import type { LinearWeights } from "../train/forward.ts";

/** Photos with their classes; row i everywhere is the same photo. */
export interface Labelled {
  readonly labels: Int32Array;
  readonly groups: Int32Array;
  /** Identity of every photo, so that folds do not depend on order. */
  readonly keys: readonly string[];
  readonly ways: number;
}

export interface RowsTask extends Labelled, Omit<FineTuneTask, "validation" | "head" | "labels" | "ways"> {
  /** Features of the labelled photos by the frozen network, [photos, dim]. */
  readonly features: Matrix;
  /** Photos that were given a label, to learn from beside `rows`; never held out. */
  readonly more?: readonly number[];
  readonly threads?: number;
}

/** Photos a class from which a fifth is held out, to stop early and keep the best epoch. */
const SHOTS_TO_VALIDATE = 10;
const VALIDATION_FOLDS = 5;
/** Penalty of the head that training begins with: as of the few-shot head of that name. */
const LAMBDA = 0.03;

/** Stratified folds of some rows; groups stay together. */
export const foldsOf = (
  { labels, groups, keys }: Labelled,
  { rows, folds, random }: { readonly rows: readonly number[]; readonly folds: number; readonly random: Random },
): Int32Array =>
  stratifiedGroupKFold({
    labels: Int32Array.from(rows, (r) => labels[r]!),
    groups: Int32Array.from(rows, (r) => groups[r]!),
    keys: rows.map((r) => keys[r]!),
    folds,
    random,
  });

/** Logistic regression on the frozen features: where the head of the network starts. */
const startingHead = async (
  { features, labels, ways, threads }: RowsTask,
  rows: readonly number[],
): Promise<LinearWeights> => {
  const support = { features: takeRows(features, rows), labels: Int32Array.from(rows, (r) => labels[r]!), ways };
  const algebra = openAlgebra(threads);
  const { weights, bias, centre } = await logisticRegression
    .fit(support, { lambda: LAMBDA, normalise: "none" }, algebra)
    .finally(() => algebra.close());
  const shifted = bias.slice();
  centre.forEach((c, j) => rowOf(weights, j).forEach((w, k) => (shifted[k]! -= c * w)));
  return { weights: floats([weights.rows, weights.columns], weights.data), bias: floats([ways], shifted) };
};

/** Tunes a network to some of the photos; where there are enough, a fifth of them says when to stop. */
export const tuneRows = async (tuner: FineTuner, task: RowsTask): Promise<FineTuned> => {
  const { rows, ways, random, more = [] } = task;
  const folds =
    rows.length / ways >= SHOTS_TO_VALIDATE
      ? foldsOf(task, { rows, folds: VALIDATION_FOLDS, random: random.fork("validation") })
      : rows.map(() => 1);
  const learned = rows.filter((_, i) => folds[i] !== 0);
  return tuner.tune({
    ...task,
    rows: [...learned, ...more],
    validation: rows.filter((_, i) => folds[i] === 0),
    head: await startingHead(task, learned),
  });
};
