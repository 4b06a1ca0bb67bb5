import { relative, sep } from "node:path";
import { dataError, optionError } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import { auditDataset, type Audit } from "../data/audit.ts";
import { captureTime, parseTime } from "../data/capture-time.ts";
import { labelIndices, type DataSet, type Item } from "../data/dataset.ts";
import { groupItems } from "../data/duplicates.ts";
import { escapeName } from "../data/names.ts";
import { ownerPairs } from "../data/owners.ts";
import { splitByTime, splitStratified, type SplitShares, type SplitSubjects } from "../data/split-photos.ts";

export interface FreezeSplitOptions {
  /** `stratified` and `group` at random, the latter only where groups are known; `time`: the newest are the test. */
  readonly by: "stratified" | "group" | "time";
  readonly shares: SplitShares;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface FrozenSplit {
  /** Every readable photo with its split and group; by time, with a column `time` too. */
  readonly items: readonly Item[];
  readonly audit: Audit;
  /** Groups that keep photos together: copies, near-copies and declared ones. */
  readonly groups: number;
}

/** Columns of a manifest that may say when a photo was taken. */
const TIME_COLUMNS = ["time", "date", "datetime", "taken"];
const SHOWN = 3;

const timesOf = (items: readonly Item[], exif: readonly (number | null)[], usable: readonly number[]): number[] => {
  const times = usable.map((index) => {
    const { columns } = items[index]!;
    const written = TIME_COLUMNS.flatMap((column) => columns?.get(column) ?? [])[0];
    return written === undefined ? exif[index]! : parseTime(written);
  });
  const without = usable.filter((_, i) => times[i] === null).map((index) => items[index]!.name);
  if (without.length > 0)
    throw dataError(
      "E_SPLIT_TIME",
      `${without.length} of ${usable.length} photos do not say when they were taken: ${without.slice(0, SHOWN).join(", ")}`,
      {
        hint: "Give a manifest with a column time (2026-11-24, 2026-11-24 10:02), or photos with EXIF dates.",
      },
    );
  return times as number[];
};

/** What the photos' files say, and by time when each was taken. */
const readPhotos = async (
  dataset: DataSet,
  { by, onProgress }: FreezeSplitOptions,
): Promise<{ audit: Audit; exif: readonly (number | null)[] }> => {
  const exif: (number | null)[] = dataset.items.map(() => null);
  const audit = await auditDataset(dataset, {
    onProgress: ({ done, total }) => onProgress?.(done, total),
    ...(by === "time" && {
      onImage: async ({ index, bytes }) => {
        exif[index] = await captureTime(bytes);
      },
    }),
  });
  return { audit, exif };
};

/** Usable photos as what is divided: copies, near-copies, patients and declared groups stay together. */
const subjectsOf = (dataset: DataSet, audit: Audit, usable: readonly number[]): SplitSubjects => {
  const { items } = dataset;
  const copies = audit.exactDuplicates.flatMap((same) => same.slice(1).map((b) => ({ a: same[0]!, b })));
  const groups = groupItems({
    count: items.length,
    declared: items.map(({ group }) => group),
    pairs: [...copies, ...audit.nearDuplicates, ...ownerPairs(audit.owners)],
  });
  const labels = labelIndices(dataset);
  return {
    labels: Int32Array.from(usable, (index) => labels[index]!),
    groups: Int32Array.from(usable, (index) => groups[index]!),
    keys: usable.map((index) => `${audit.facts[index]!.sha256}/${items[index]!.name}`),
  };
};

/**
 * Divides the readable photos of a data set, so that no copy, near-copy or declared group stands on two sides.
 *
 * @throws E_SPLIT_GROUP; E_SPLIT_TIME naming the photos that do not say; E_SPLIT_EMPTY; E_OPTION for shares that leave
 *   nothing
 */
export const freezeSplit = async (dataset: DataSet, options: FreezeSplitOptions): Promise<FrozenSplit> => {
  const { by, shares } = options;
  const { items, root } = dataset;
  const { audit, exif } = await readPhotos(dataset, options);
  if (by === "group" && items.every(({ group }) => group === null) && audit.owners.every((owner) => owner < 0))
    throw dataError("E_SPLIT_GROUP", `${root}: photos have no groups`, {
      hint: "Say what belongs together: a column group in a manifest, or --group-by and a pattern of the names.",
    });
  const usable = items.flatMap((_, index) => (audit.facts[index] ? [index] : []));
  if (usable.length === 0) throw dataError("E_NO_IMAGES", `${root}: no photo could be read`);
  const subjects = subjectsOf(dataset, audit, usable);
  const groups = new Set(subjects.groups).size;
  const times = by === "time" ? timesOf(items, exif, usable) : null;
  const splits = times
    ? splitByTime(subjects, times, shares)
    : splitStratified(subjects, shares, createRandom(options.seed));
  if (!splits.includes("train") || !splits.includes("test"))
    throw dataError("E_SPLIT_EMPTY", `${root}: ${usable.length} photos in ${groups} groups cannot be divided so`, {
      hint: "Take more photos, or divide them another way.",
    });
  const frozen = usable.map((index, i): Item => {
    const owner = audit.owners[index]!;
    const group = items[index]!.group ?? (owner < 0 ? null : `patient-${owner}`);
    const item = { ...items[index]!, group, split: splits[i]! };
    if (!times) return item;
    return { ...item, columns: new Map([...(item.columns ?? []), ["time", new Date(times[i]!).toISOString()]]) };
  });
  return { items: frozen, audit, groups };
};

/**
 * The same items, named as a manifest in `folder` names them.
 *
 * @throws E_OPTION where photos lie outside the folder
 */
export const namedFrom = (folder: string, root: string, items: readonly Item[]): Item[] => {
  const inner = relative(folder, root);
  if (inner === ".." || inner.startsWith(`..${sep}`))
    throw optionError(`a manifest in ${folder} cannot name photos in ${root}`, {
      hint: `Paths in a manifest stay in its folder: write it into ${root} (as metadata.csv it is found there by itself), or above.`,
    });
  const prefix = inner === "" ? "" : `${escapeName(Buffer.from(inner))}/`;
  return items.map((item) => ({ ...item, name: `${prefix}${item.name}` }));
};
