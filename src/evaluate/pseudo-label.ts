import { argmax, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Algebra } from "../methods/algebra.ts";
import type { MethodOptions, Support } from "../methods/method.ts";
import { NO_LABELS, withPseudoLabels } from "../methods/pseudo-labels.ts";
import type { Learner, PseudoLabels, SemiSupervisedMethod } from "../methods/semi-supervised-method.ts";
import { everyRow, fitUnknown, scoreUnknown } from "../methods/unknown.ts";
import { probabilitiesOf } from "./calibrate.ts";
import type { Candidate } from "./cross-validate.ts";
import { planRounds } from "./protocol.ts";
import { evaluateUnknown } from "./unknown.ts";

/** A semi-supervised method with its options. */
export interface SemiSupervision {
  readonly method: SemiSupervisedMethod;
  readonly options: MethodOptions;
}

/** Labels that somebody gave: the same whatever is known. */
export interface GivenLabels {
  readonly method: { readonly name: string };
  readonly labels: PseudoLabels;
}

/** Where labels of a pool come from. */
export type Labelling = SemiSupervision | GivenLabels;

/** A head with the temperature that makes its scores probabilities. */
export interface CalibratedCandidate extends Candidate {
  readonly temperature: number;
}

/** The rows of the pool that may belong to one of the classes. */
export interface Familiar {
  /** Ascending. */
  readonly rows: Int32Array;
  /** Unknown score above which a row is kept out; null: too few images to tell, none is. */
  readonly threshold: number | null;
  readonly scores: Float32Array;
}

/**
 * Keeps out what belongs to no class: rows stranger than the threshold that leaving one class out in turn sets, all of it
 * learned from these images alone.
 *
 * @param photos  without rows made from them
 */
export const familiarRows = async (
  photos: Support,
  { groups, pool, random }: { readonly groups: Int32Array; readonly pool: Matrix; readonly random: Random },
  algebra: Algebra,
): Promise<Familiar> => {
  const { labels, ways } = photos;
  const [detector] = await fitUnknown(photos, [everyRow(photos)], algebra);
  const scores = await scoreUnknown(detector!, pool, algebra);
  const [round] = planRounds({ labels, groups, ways }, random).rounds;
  const threshold = round ? (await evaluateUnknown(photos, round, algebra)).evidence.threshold : null;
  const rows = Array.from(scores.keys()).filter((row) => threshold === null || scores[row]! <= threshold);
  return { rows: Int32Array.from(rows), threshold, scores };
};

/** A head as methods ask for it. */
const learnerOf =
  ({ method, options, temperature }: CalibratedCandidate, algebra: Algebra): Learner =>
  async (support) => {
    const state = await method.fit(support, options, algebra);
    return async (queries) => probabilitiesOf(await method.predict(state, queries, algebra), temperature);
  };

/** Share of the pool that must change sides between classes for a collapse. */
const COLLAPSE = 0.3;

/** Shares of the rows a head says to be of each class. */
const sharesBy = async (learner: Learner, support: Support, pool: Matrix): Promise<Float64Array> => {
  const answers = await (await learner(support))(pool);
  const shares = new Float64Array(support.ways);
  for (let i = 0; i < answers.rows; i++) shares[argmax(rowOf(answers, i))]! += 1 / answers.rows;
  return shares;
};

/** The class whose part of the pool changed most as labels were given; shares in [0, 1]. */
export interface Collapse {
  readonly label: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Whether classes shifted as labels were given: half the summed change of the shares that heads give them, learned
 * without and with the pseudo-labels, is above 0.3; or a class that had its part of the pool, half an equal one or more,
 * has next to nothing left.
 */
const collapseOf = (before: Float64Array, after: Float64Array): Collapse | null => {
  const changes = after.map((share, c) => Math.abs(share - before[c]!));
  const moved = changes.reduce((sum, change) => sum + change / 2, 0);
  const equal = 1 / before.length;
  const gone = before.some((share, c) => share >= equal / 2 && after[c]! < equal / 20);
  if (moved <= COLLAPSE && !gone) return null;
  const label = argmax(changes);
  return { label, before: before[label]!, after: after[label]! };
};

export interface PseudoLabelled {
  /** Rows of the whole pool. */
  readonly labels: PseudoLabels;
  /** null: none; otherwise no label was given. */
  readonly collapse: Collapse | null;
}

export interface PseudoLabelTask {
  readonly support: Support;
  readonly pool: Matrix;
  /** Rows of the pool that may be given a label, ascending. */
  readonly rows: Int32Array;
  /** The head that is kept, then others that vote. */
  readonly heads: readonly [CalibratedCandidate, ...CalibratedCandidate[]];
  readonly random: Random;
}

/**
 * Gives labels to unlabelled rows by a method, and takes them back where the balance of classes collapses; labels that
 * somebody gave are taken as they are.
 */
export const pseudoLabel = async (
  labelling: Labelling,
  { support, pool: whole, rows, heads, random }: PseudoLabelTask,
  algebra: Algebra,
): Promise<PseudoLabelled> => {
  if ("labels" in labelling) return { labels: labelling.labels, collapse: null };
  const { method, options } = labelling;
  if (rows.length === 0) return { labels: NO_LABELS, collapse: null };
  const pool = rows.length === whole.rows ? whole : takeRows(whole, rows);
  const [first, ...others] = heads;
  const learners = [learnerOf(first, algebra), ...others.map((head) => learnerOf(head, algebra))] as const;
  const given = await method.label({ support, pool, learners, random, algebra }, options);
  if (given.rows.length === 0) return { labels: NO_LABELS, collapse: null };
  const before = await sharesBy(learners[0], support, pool);
  const after = await sharesBy(learners[0], withPseudoLabels(support, pool, given), pool);
  const collapse = collapseOf(before, after);
  if (collapse) return { labels: NO_LABELS, collapse };
  return { labels: { ...given, rows: given.rows.map((row) => rows[row]!) }, collapse: null };
};
