import type { Random } from "../base/random.ts";
import { policyNamed } from "../data/check-policy.ts";
import type { DataSet } from "../data/dataset.ts";
import type { Policy } from "../data/policy.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import { labelPool } from "../evaluate/learn-from-pool.ts";
import type { Photos } from "../train/activations.ts";
import type { Unlabelled } from "../train/consistency/consistency-batches.ts";
import type { Teaching } from "./semi-methods.ts";
import type { UnlabelledPool } from "./unlabelled-photos.ts";

/** What a training learns from beside its labelled photos; photos of the pool are counted on after those. */
export interface Taught {
  /** Of all photos: what the labelled ones have, what others were given, -1 for none. */
  readonly labels: Int32Array;
  /** Photos that were given a label. */
  readonly more?: readonly number[];
  readonly unlabelled?: Unlabelled;
}

/** Unlabelled photos that the network learns from. */
export interface TuningPool {
  /** Of the method. */
  readonly name: string;
  readonly dataset: DataSet;
  readonly items: readonly number[];
  readonly keys: readonly string[];
  /** How photos are varied where nobody says. */
  readonly weak?: Policy;
  /** How views below 0 are varied. */
  readonly strong?: Policy;
  /** From some of the labelled photos alone: the others have no say. */
  readonly teach: (rows: readonly number[], labels: Int32Array) => Promise<Taught>;
}

/** Photos of one set, then of another. */
export const joinedPhotos = (first: Photos, second: Photos): Photos => ({
  count: first.count + second.count,
  name: (i) => (i < first.count ? first.name(i) : second.name(i - first.count)),
  pixels: (i, view) => (i < first.count ? first.pixels(i, view) : second.pixels(i - first.count, view)),
});

/** @param head  that learned from the labelled photos alone */
export const tuningPool = (
  { dataset, items, keys, features }: UnlabelledPool,
  head: HeadResult,
  { teaching, random, threads }: { readonly teaching: Teaching; readonly random: Random; readonly threads?: number },
): TuningPool => {
  const { consistency, labelling } = teaching;
  const teach: TuningPool["teach"] = async (rows, labels) => {
    const { familiar, labels: given } = await labelPool({
      plain: head,
      pool: features,
      method: labelling,
      rows: Int32Array.from(rows),
      random: random.fork("pool"),
      ...(threads !== undefined && { threads }),
    });
    const all = new Int32Array(labels.length + items.length).fill(-1);
    all.set(labels);
    given.rows.forEach((row, i) => (all[labels.length + row] = given.labels[i]!));
    const at = (row: number): number => labels.length + row;
    if (!consistency) return { labels: all, more: Array.from(given.rows, at) };
    if (familiar.rows.length === 0) return { labels: all };
    return { labels: all, unlabelled: { ...consistency, rows: Array.from(familiar.rows, at) } };
  };
  const views = consistency && { weak: policyNamed("basic"), strong: policyNamed("strong") };
  return { name: teaching.name, dataset, items, keys, ...views, teach };
};
