import { optionError, shapeError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";

export interface FoldOptions {
  /** Class index per item, 0 or more. */
  readonly labels: Int32Array;
  /** Group per item; a group never straddles folds. */
  readonly groups: Int32Array;
  /** At least 2, at most the number of groups. */
  readonly folds: number;
  readonly random: Random;
  /** Identity of every item (name or hash): makes the answer independent of the items' order. Default: the index. */
  readonly keys?: readonly string[];
}

interface Group {
  readonly items: number[];
  /** The least key of its items: who it is, whatever the order. */
  key: string;
}

const collectGroups = (groups: Int32Array, keys: readonly string[] | undefined): Group[] => {
  const collected = new Map<number, Group>();
  groups.forEach((group, i) => {
    const key = keys?.[i] ?? String(i);
    const known = collected.get(group);
    if (!known) collected.set(group, { items: [i], key });
    else {
      known.items.push(i);
      if (key < known.key) known.key = key;
    }
  });
  return [...collected.values()];
};

/**
 * Large groups first, since they fit worst; then class by class, so that what a class leaves over fills the folds
 * that others left short; equals in an order that only seed and keys decide.
 */
const ordered = (groups: readonly Group[], labels: Int32Array, random: Random): Group[] =>
  groups
    .map((group) => ({
      group,
      label: group.items.reduce((least, i) => Math.min(least, labels[i]!), Infinity),
      draw: random.fork(group.key).uniform(),
    }))
    .sort(
      (a, b) =>
        b.group.items.length - a.group.items.length ||
        a.label - b.label ||
        a.draw - b.draw ||
        (a.group.key < b.group.key ? -1 : 1),
    )
    .map(({ group }) => group);

const countOf = (labels: Iterable<number>): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
};

/**
 * Fold of every item for cross-validation: whole groups, class proportions as even as they allow.
 *
 * Greedy: each group goes where it adds least to `Σ_classes Σ_folds count² / class size`, which is least when every
 * class is spread evenly; of equals, to the smallest fold. Classes without a group for every fold leave some folds
 * without them.
 *
 * @returns 0 .. folds-1 per item; the same for the same seed and keys, in whatever order the items come
 * @throws E_OPTION when there are fewer groups than folds
 */
export const stratifiedGroupKFold = ({ labels, groups, folds, random, keys }: FoldOptions): Int32Array => {
  if (labels.length !== groups.length)
    throw shapeError("stratifiedGroupKFold", `${labels.length} groups`, `${groups.length}`);
  const collected = ordered(collectGroups(groups, keys), labels, random);
  if (!Number.isInteger(folds) || folds < 2 || folds > collected.length)
    throw optionError(
      `folds: wanted a whole number from 2 to ${collected.length} (the number of groups), got ${folds}`,
      {
        hint: "Give more images, or ask for fewer folds.",
      },
    );
  const totals = countOf(labels);
  const counts = Array.from({ length: folds }, () => new Map<number, number>());
  const sizes = new Int32Array(folds);
  const out = new Int32Array(labels.length);
  for (const { items } of collected) {
    // Sorted, so that rounding does not depend on the order of items.
    const own = countOf(items.map((i) => labels[i]!).sort((a, b) => a - b));
    const costs = counts.map((fold) => {
      let cost = 0;
      // (count + n)² - count² = n (2 count + n)
      for (const [label, n] of own) cost += (n * (2 * (fold.get(label) ?? 0) + n)) / totals.get(label)!;
      return cost;
    });
    let best = 0;
    for (let f = 1; f < folds; f++)
      if (costs[f]! < costs[best]! || (costs[f] === costs[best] && sizes[f]! < sizes[best]!)) best = f;
    for (const [label, n] of own) counts[best]!.set(label, (counts[best]!.get(label) ?? 0) + n);
    sizes[best]! += items.length;
    for (const i of items) out[i] = best;
  }
  return out;
};

/** Every group a fold of its own, numbered from 0 in order of first item: leave-one-out that keeps copies together. */
export const leaveOneGroupOut = (groups: Int32Array): Int32Array => {
  const numbers = new Map<number, number>();
  return groups.map((group) => {
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    return number;
  });
};
