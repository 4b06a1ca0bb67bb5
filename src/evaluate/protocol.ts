import type { Random } from "../base/random.ts";
import { leaveOneGroupOut, stratifiedGroupKFold } from "../data/splits.ts";
import { hasManyScores } from "../methods/many-classes.ts";
import { SAMPLE_FOLDS, sampleRows } from "./sample.ts";
import type { Subjects } from "./subjects.ts";

/** One repeat of the cross-validation. */
export interface Round {
  /** Fold of every image, 0 .. folds - 1; -1: always trained on, never asked. */
  readonly folds: Int32Array;
  readonly count: number;
  /**
   * The images that are asked, ascending, where not every row is: a sample of them, or the photos among rows made of
   * them. Scores are then held of them alone.
   */
  readonly asked?: Int32Array;
}

export interface Plan {
  readonly kind: "k-fold" | "leave-one-out" | "none";
  readonly rounds: readonly Round[];
  /** Whether two folds can be held out together with every class still trained on: what choosing a head asks for. */
  readonly canSelect: boolean;
  /** Classes of which no image is ever held out: too few images or groups, or groups that fall into one fold. */
  readonly unasked: readonly number[];
}

const LEAVE_ONE_OUT_GROUPS = 60;
const LEAVE_ONE_OUT_SHOTS = 4;

/** Number of groups of every class. */
const groupsPerClass = ({ labels, groups, ways }: Subjects): number[] => {
  const sets = Array.from({ length: ways }, () => new Set<number>());
  labels.forEach((label, i) => sets[label]!.add(groups[i]!));
  return sets.map((set) => set.size);
};

/** Rows that may be held out: not those of a group that holds the only images of a class. */
const holdable = (subjects: Subjects, counts: readonly number[]): number[] => {
  const kept = new Set<number>();
  subjects.labels.forEach((label, i) => counts[label]! < 2 && kept.add(subjects.groups[i]!));
  return Array.from(subjects.labels.keys()).filter((i) => !kept.has(subjects.groups[i]!));
};

/** For every class, its images in each fold, and those always trained on. */
const spreadOf = ({ labels, ways }: Subjects, { folds, count }: Round): { held: number[][]; trained: number[] } => {
  const held = Array.from({ length: ways }, () => new Array<number>(count).fill(0));
  const trained = new Array<number>(ways).fill(0);
  labels.forEach((label, i) => {
    if (folds[i]! < 0) trained[label]! += 1;
    else held[label]![folds[i]!]! += 1;
  });
  return { held, trained };
};

/** Takes classes that lie in one fold alone out of the asking, so that every fold's training knows every class. */
const settle = (subjects: Subjects, round: Round): Round => {
  const folds = round.folds.slice();
  for (let again = true; again;) {
    const { held, trained } = spreadOf(subjects, { ...round, folds });
    const alone = held.map((row, c) => trained[c] === 0 && row.filter((n) => n > 0).length < 2);
    const stuck = new Set(subjects.groups.filter((_, i) => alone[subjects.labels[i]!] && folds[i]! >= 0));
    subjects.groups.forEach((group, i) => stuck.has(group) && (folds[i] = -1));
    again = stuck.size > 0;
  }
  return { folds, count: round.count };
};

const allowsPairs = (subjects: Subjects, round: Round): boolean => {
  if (round.count < 3) return false;
  const { held, trained } = spreadOf(subjects, round);
  return held.every((row, c) => trained[c]! > 0 || row.filter((n) => n > 0).length > 2);
};

/** Repeats and folds by size: what keeps the whole evaluation in seconds. */
const effort = (images: number, ways: number, many: boolean): { folds: number; repeats: number } => {
  if (many) return { folds: SAMPLE_FOLDS, repeats: 1 };
  if (images <= 200 && ways <= 20) return { folds: 10, repeats: 3 };
  if (images <= 400) return { folds: 10, repeats: 1 };
  return { folds: 5, repeats: 1 };
};

/**
 * Plans the cross-validation: stratified group k-fold, repeated; leave-one-out where classes have 2 to 4 images.
 *
 * A class with one image (or one group) is always trained on and never asked; where fewer than two classes can be
 * asked, nothing can be estimated. Of very many images of very many classes a sample is asked.
 */
export const planRounds = (subjects: Subjects, random: Random): Plan => {
  const counts = groupsPerClass(subjects);
  const many = hasManyScores(subjects.labels.length, subjects.ways);
  const held = holdable(subjects, counts);
  const rows = many ? sampleRows(subjects, held, random.fork("sample")) : held;
  const asked = new Set(rows.map((i) => subjects.labels[i]!));
  const missingFrom = (some: ReadonlySet<number>): number[] => [...counts.keys()].filter((c) => !some.has(c));
  if (asked.size < 2) return { kind: "none", rounds: [], canSelect: false, unasked: missingFrom(asked) };
  const pick = (values: Int32Array): Int32Array => Int32Array.from(rows, (i) => values[i]!);
  const [labels, groups] = [pick(subjects.labels), pick(subjects.groups)];
  const groupCount = new Set(groups).size;
  const fewest = Math.min(...counts.filter((_, c) => asked.has(c)));
  const single = !many && fewest <= LEAVE_ONE_OUT_SHOTS && groupCount <= LEAVE_ONE_OUT_GROUPS;
  const { folds, repeats } = single ? { folds: groupCount, repeats: 1 } : effort(rows.length, subjects.ways, many);
  const rounds = Array.from({ length: repeats }, (_, repeat) => {
    const keys = subjects.keys && rows.map((i) => subjects.keys![i]!);
    const count = Math.min(folds, groupCount);
    const inner = single
      ? leaveOneGroupOut(groups)
      : stratifiedGroupKFold({
          labels,
          groups,
          folds: count,
          random: random.fork(`repeat ${repeat}`),
          ...(keys && { keys }),
        });
    const all = new Int32Array(subjects.labels.length).fill(-1);
    rows.forEach((row, i) => (all[row] = inner[i]!));
    const round = settle(subjects, { folds: all, count });
    return many ? { ...round, asked: Int32Array.from(rows.filter((row) => round.folds[row]! >= 0)) } : round;
  });
  const known = new Set(rows.filter((i) => rounds.some((r) => r.folds[i]! >= 0)).map((i) => subjects.labels[i]!));
  return {
    kind: single ? "leave-one-out" : "k-fold",
    rounds,
    canSelect: rounds.every((round) => allowsPairs(subjects, round)),
    unasked: missingFrom(known),
  };
};

/** Every pair of folds, and every fold alone (`b` null). */
export const heldOut = (round: Round, pairs: boolean): { readonly a: number; readonly b: number | null }[] => {
  const out: { a: number; b: number | null }[] = [];
  for (let a = 0; a < round.count; a++) {
    out.push({ a, b: null });
    if (pairs) for (let b = a + 1; b < round.count; b++) out.push({ a, b });
  }
  return out;
};
