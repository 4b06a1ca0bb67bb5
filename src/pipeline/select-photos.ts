import { createHash } from "node:crypto";
import { dataError } from "../base/errors.ts";
import { takeRows, type Matrix } from "../base/matrix.ts";
import { labelIndices, type DataSet } from "../data/dataset.ts";
import { groupItems, nearDuplicatesByEmbedding, type Pair } from "../data/duplicates.ts";
import { ownerPairs } from "../data/owners.ts";
import { keptVersion, type KeptVersion } from "../data/versions/kept-version.ts";
import type { Embedded } from "./embed.ts";

/** Photos with features, labels and groups; row i everywhere is item `items[i]`. */
export interface LabelledPhotos {
  readonly items: readonly number[];
  readonly features: Matrix;
  readonly labels: Int32Array;
  readonly groups: Int32Array;
}

export interface SelectedPhotos {
  /** What is learned from: everything that is not in a test folder. */
  readonly training: LabelledPhotos;
  /** The test folder, less what also is in training; null when there is none. */
  readonly heldOut: LabelledPhotos | null;
  readonly nearDuplicates: readonly Pair[];
  /** What was left out and why, each a sentence. */
  readonly notes: readonly string[];
}

/** Cosine similarity of embeddings from which two photos count as the same scene. */
export const SAME_SCENE = 0.995;

/** Rows in ascending order; no copy where they are all. */
const rowsOf = (features: Matrix, rows: readonly number[]): Matrix =>
  rows.length === features.rows ? features : takeRows(features, rows);

const pick = (photos: LabelledPhotos, rows: readonly number[]): LabelledPhotos => ({
  items: rows.map((r) => photos.items[r]!),
  features: rowsOf(photos.features, rows),
  labels: Int32Array.from(rows, (r) => photos.labels[r]!),
  groups: Int32Array.from(rows, (r) => photos.groups[r]!),
});

/** For people: "1 photo", "2 photos". */
export const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

const SHOWN = 3;

/** The first few, as examples in a note. */
export const examples = (texts: readonly string[]): string =>
  texts.slice(0, SHOWN).join(", ") + (texts.length > SHOWN ? ", …" : "");

/** Items left out before anything is learned: conflicting labels, and all but the first of identical files on one side. */
const leftOut = (
  dataset: DataSet,
  { audit }: Embedded,
  keepConflicts: boolean,
): { out: Set<number>; notes: string[] } => {
  const out = new Set<number>();
  const notes: string[] = [];
  if (!keepConflicts) for (const group of audit.conflicts) group.forEach((index) => out.add(index));
  if (out.size > 0)
    notes.push(
      `E_LABEL_CONFLICT: ${plural(out.size, "photo")} left out, the same picture with two labels (--on-conflict=keep takes them): ${examples(audit.conflicts.map((group) => group.map((i) => dataset.items[i]!.name).join(" = ")))}`,
    );
  const sideOf = (index: number): string => (dataset.items[index]!.split === "test" ? "test" : "train");
  const copies: string[] = [];
  for (const group of audit.exactDuplicates) {
    const seen = new Set<string>();
    for (const index of group) {
      if (out.has(index)) continue;
      const key = `${sideOf(index)}/${dataset.items[index]!.label ?? ""}`;
      if (seen.has(key)) {
        out.add(index);
        copies.push(dataset.items[index]!.name);
      }
      seen.add(key);
    }
  }
  if (copies.length > 0)
    notes.push(
      `${copies.length} exact ${copies.length === 1 ? "copy" : "copies"} left out, the first of each is used: ${examples(copies)}`,
    );
  return { out, notes };
};

/**
 * Chooses what is learned from and what is tested on, so that no picture, near-duplicate, patient or declared group is
 * on both sides.
 *
 * @throws dataError E_ONE_CLASS when fewer than two classes have a usable photo
 */
export const selectPhotos = (
  dataset: DataSet,
  embedded: Embedded,
  options: { readonly keepConflicts: boolean },
): SelectedPhotos => {
  const { out, notes } = leftOut(dataset, embedded, options.keepConflicts);
  const allLabels = labelIndices(dataset);
  const rows = embedded.indices.flatMap((item, row) => (out.has(item) || allLabels[item]! < 0 ? [] : [row]));
  const items = rows.map((row) => embedded.indices[row]!);
  const features = rowsOf(embedded.features, rows);
  const rowOfItem = new Map(items.map((item, row) => [item, row]));
  const inRows = ({ a, b, similarity }: Pair): Pair[] => {
    const [x, y] = [rowOfItem.get(a), rowOfItem.get(b)];
    return x === undefined || y === undefined ? [] : [{ a: x, b: y, similarity }];
  };
  const exact = embedded.audit.exactDuplicates.flatMap((group) =>
    group.slice(1).flatMap((index) => inRows({ a: group[0]!, b: index, similarity: 1 })),
  );
  const alike = embedded.volumes ? [] : nearDuplicatesByEmbedding(features, SAME_SCENE);
  const near = [...embedded.audit.nearDuplicates.flatMap(inRows), ...alike];
  const groups = groupItems({
    count: items.length,
    declared: items.map((i) => dataset.items[i]!.group),
    pairs: [...exact, ...near, ...ownerPairs(embedded.audit.owners).flatMap(inRows)],
  });
  const all: LabelledPhotos = { items, features, labels: Int32Array.from(items, (i) => allLabels[i]!), groups };
  const isTest = items.map((i) => dataset.items[i]!.split === "test");
  const trainingRows = items.flatMap((_, r) => (isTest[r] ? [] : [r]));
  const testRows = items.flatMap((_, r) => (isTest[r] ? [r] : []));
  const firstOfGroup = new Map([...trainingRows].reverse().map((r) => [groups[r]!, dataset.items[items[r]!]!.name]));
  const cleanRows = testRows.filter((r) => !firstOfGroup.has(groups[r]!));
  const leaking = testRows
    .filter((r) => firstOfGroup.has(groups[r]!))
    .map((r) => `${dataset.items[items[r]!]!.name} (as ${firstOfGroup.get(groups[r]!)!})`);
  if (cleanRows.length < testRows.length)
    notes.push(
      `${plural(testRows.length - cleanRows.length, "test photo")} left out of the test, the same picture, scene or group is in training: ${examples(leaking)}`,
    );
  const training = pick(all, trainingRows);
  const counts = new Int32Array(dataset.classes.length);
  for (const label of training.labels) counts[label]!++;
  checkClasses(
    dataset,
    dataset.classes.filter((_, c) => counts[c]! > 0),
    training.labels.length,
  );
  return {
    training,
    heldOut: cleanRows.length > 0 ? pick(all, cleanRows) : null,
    nearDuplicates: near.map(({ a, b, similarity }) => ({ a: items[a]!, b: items[b]!, similarity })),
    notes,
  };
};

/**
 * Refuses what no classifier can be learned from.
 *
 * @param present  classes with a usable photo
 * @param photos  how many usable photos they have
 * @throws dataError E_ONE_CLASS
 */
export const checkClasses = ({ root }: DataSet, present: readonly string[], photos: number): void => {
  if (present.length >= 2) return;
  const what =
    present.length === 0
      ? "no class has a usable photo"
      : `only one class has usable photos: "${present[0]!}" (${photos})`;
  throw dataError("E_ONE_CLASS", `${root}: ${what}; a classifier needs two classes or more`, {
    hint: 'Add a folder of photos of something else, for example "other" or "none".',
  });
};

/** Whether the photos, as they were read, are those of a version that the folder keeps. */
export const versionKept = (dataset: DataSet, { audit }: Embedded): KeptVersion =>
  keptVersion(
    dataset,
    audit.facts.map((facts) => facts?.sha256 ?? null),
  );

/**
 * Names what a model was trained on: the version that the folder keeps of just these photos, else the hash of names,
 * labels, splits and contents.
 */
export const datasetVersion = (dataset: DataSet, embedded: Embedded): string => {
  const { version } = versionKept(dataset, embedded);
  if (version !== null) return version;
  const { audit } = embedded;
  const hash = createHash("sha256");
  dataset.items.forEach((item, i) =>
    hash.update(JSON.stringify([item.name, item.label, item.split, item.group, audit.facts[i]?.sha256 ?? null])),
  );
  return hash.digest("hex");
};
