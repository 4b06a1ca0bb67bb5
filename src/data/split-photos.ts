import { optionError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Split } from "./dataset.ts";

/** Photos to be divided. */
export interface SplitSubjects {
  /** Class index of every photo; -1: none, such photos are spread like a class of their own. */
  readonly labels: Int32Array;
  /** Group of every photo, which never straddles: copies, near-copies, a patient, a part. */
  readonly groups: Int32Array;
  /** Identity of every photo, so that the answer does not depend on their order. */
  readonly keys: readonly string[];
}

/** Parts of the photos that are kept out of training, 0 to less than 1 together. */
export interface SplitShares {
  readonly test: number;
  readonly validation: number;
}

interface Group {
  readonly rows: number[];
  key: string;
}

const groupsOf = ({ groups, keys }: SplitSubjects, rows: readonly number[]): Group[] => {
  const collected = new Map<number, Group>();
  for (const row of rows) {
    const known = collected.get(groups[row]!);
    if (!known) collected.set(groups[row]!, { rows: [row], key: keys[row]! });
    else {
      known.rows.push(row);
      if (keys[row]! < known.key) known.key = keys[row]!;
    }
  }
  return [...collected.values()];
};

const countBy = (rows: readonly number[], labels: Int32Array): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(labels[row]!, (counts.get(labels[row]!) ?? 0) + 1);
  return counts;
};

/**
 * How many photos of each class are to be held out: the share, but one at least where the class has two groups, and
 * never its last group. Classes are told apart by label.
 */
const targetsOf = (groups: readonly Group[], labels: Int32Array, share: number): Map<number, number> => {
  const own = new Map<number, { photos: number; groups: number }>();
  for (const { rows } of groups)
    for (const [label, photos] of countBy(rows, labels)) {
      const known = own.get(label) ?? { photos: 0, groups: 0 };
      own.set(label, { photos: known.photos + photos, groups: known.groups + 1 });
    }
  return new Map(
    [...own].map(([label, { photos, groups: count }]) => [
      label,
      count < 2 ? 0 : Math.min(photos - 1, Math.max(1, share * photos)),
    ]),
  );
};

/**
 * Rows of whole groups, so that each class comes as near its target as groups allow.
 *
 * Greedy, large groups first: a group is taken where that lowers `Σ_classes (taken - target)² / target`, and no class
 * then lacks a group to learn from.
 */
const pickRows = (subjects: SplitSubjects, rows: readonly number[], share: number, random: Random): Set<number> => {
  const { labels } = subjects;
  const groups = groupsOf(subjects, rows)
    .map((group) => ({ ...group, draw: random.fork(group.key).uniform() }))
    .sort((a, b) => b.rows.length - a.rows.length || a.draw - b.draw || (a.key < b.key ? -1 : 1));
  const targets = targetsOf(groups, labels, share);
  const left = countBy(rows, labels);
  const taken = new Map<number, number>();
  const picked = new Set<number>();
  for (const group of groups) {
    const own = countBy(group.rows, labels);
    let gain = 0;
    for (const [label, count] of own) {
      const target = targets.get(label)!;
      const now = taken.get(label) ?? 0;
      if (target === 0 || left.get(label)! <= count) gain = -Infinity;
      // (now - target)² - (now + count - target)²
      else gain += (count * (2 * (target - now) - count)) / target;
    }
    if (gain < 0) continue;
    for (const row of group.rows) picked.add(row);
    for (const [label, count] of own) {
      taken.set(label, (taken.get(label) ?? 0) + count);
      left.set(label, left.get(label)! - count);
    }
  }
  return picked;
};

/** @throws E_OPTION */
const checkShares = ({ test, validation }: SplitShares): void => {
  if (!(test > 0 && validation >= 0 && test + validation < 1))
    throw optionError(
      `wanted shares above 0 that leave photos to learn from, got test ${test}, validation ${validation}`,
      {
        hint: "For example --test 0.2 --validation 0.1.",
      },
    );
};

/**
 * Divides photos at random, whole groups, every class in about the same proportion.
 *
 * @returns by photo; the same for the same seed and keys, in whatever order the photos come
 * @throws E_OPTION for shares that leave nothing
 */
export const splitStratified = (subjects: SplitSubjects, shares: SplitShares, random: Random): Split[] => {
  checkShares(shares);
  const all = [...subjects.labels.keys()];
  const test = pickRows(subjects, all, shares.test, random.fork("test"));
  const rest = all.filter((row) => !test.has(row));
  const validation =
    shares.validation > 0
      ? pickRows(subjects, rest, shares.validation / (1 - shares.test), random.fork("validation"))
      : new Set<number>();
  return all.map((row) => (test.has(row) ? "test" : validation.has(row) ? "validation" : "train"));
};

/**
 * Divides photos by time: the oldest are learned from, the newest are the test, those between are for validation.
 *
 * A group counts by its oldest photo, so that nothing like a photo of the past is in the test. Photos of one moment
 * stand on one side: each cut is the one nearest its share between two moments.
 *
 * @param times  of every photo, in milliseconds
 * @throws E_OPTION for shares that leave nothing
 */
export const splitByTime = (subjects: SplitSubjects, times: readonly number[], shares: SplitShares): Split[] => {
  checkShares(shares);
  const oldest = new Map<number, number>();
  subjects.groups.forEach((group, row) => oldest.set(group, Math.min(oldest.get(group) ?? Infinity, times[row]!)));
  const moments = Array.from(subjects.groups, (group) => oldest.get(group)!);
  const sorted = [...moments].sort((a, b) => a - b);
  const starts = sorted.flatMap((moment, i) => (i > 0 && moment > sorted[i - 1]! ? [i] : []));
  const cut = (share: number): number => {
    const wanted = (1 - share) * sorted.length;
    const nearest = starts.reduce<number | undefined>(
      (best, i) => (best === undefined || Math.abs(i - wanted) < Math.abs(best - wanted) ? i : best),
      undefined,
    );
    return nearest === undefined ? Infinity : sorted[nearest]!;
  };
  const [testFrom, validationFrom] = [cut(shares.test), cut(shares.test + shares.validation)];
  return moments.map((moment) => (moment >= testFrom ? "test" : moment >= validationFrom ? "validation" : "train"));
};
