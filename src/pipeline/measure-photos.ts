import { matrixOf } from "../base/matrix.ts";
import type { IntensityWindow } from "../base/preprocess.ts";
import { createRandom } from "../base/random.ts";
import { auditDataset, type Audit } from "../data/audit.ts";
import type { Measured } from "../data/collection/check-collection.ts";
import { cellsAt, LOOK, measurePhoto, type PhotoMeasures } from "../data/collection/measure-photo.ts";
import { labelIndices, type DataSet } from "../data/dataset.ts";
import { groupItems } from "../data/duplicates.ts";
import { ownerPairs } from "../data/owners.ts";
import { borderShortcut, type BorderShortcut } from "../evaluate/border-shortcut.ts";

/** Photos with their numbers. */
export interface MeasuredPhotos {
  readonly audit: Audit;
  readonly measured: Measured;
}

export interface MeasureOptions {
  /** Intensities from black to white in pictures of more than 8 bits; what the file says when absent. */
  readonly window?: IntensityWindow | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Reads every photo of a data set once: what is wrong with the file, and what it looks like in numbers. */
export const measurePhotos = async (dataset: DataSet, options: MeasureOptions = {}): Promise<MeasuredPhotos> => {
  const look = options.window ? { ...LOOK, window: options.window } : LOOK;
  const measured: (PhotoMeasures | null)[] = dataset.items.map(() => null);
  const audit = await auditDataset(dataset, {
    preprocess: look,
    onProgress: ({ done, total }) => options.onProgress?.(done, total),
    onImage: async ({ index, facts, input }) => {
      measured[index] = measurePhoto(await input(look), facts);
    },
  });
  return { audit, measured };
};

/** Photos asked at most; the interval is narrow by then. */
const MOST_PHOTOS = 2000;

/**
 * What the border alone tells of the class; exact copies count once, near-copies and groups stay together.
 *
 * @returns null with fewer than two classes, or where a class cannot be held out
 */
export const askBorder = async (
  dataset: DataSet,
  { audit, measured }: MeasuredPhotos,
  seed: number,
): Promise<BorderShortcut | null> => {
  const labels = labelIndices(dataset);
  const copies = new Set(audit.exactDuplicates.flatMap((same) => same.slice(1)));
  const usable = dataset.items.flatMap((_, i) => (measured[i] && labels[i]! >= 0 && !copies.has(i) ? [i] : []));
  const step = Math.max(1, usable.length / MOST_PHOTOS);
  const taken = Array.from({ length: Math.floor(usable.length / step) }, (_, k) => usable[Math.floor(k * step)]!);
  const present = [...new Set(taken.map((i) => labels[i]!))].sort((a, b) => a - b);
  if (present.length < 2) return null;
  const groups = groupItems({
    count: dataset.items.length,
    declared: dataset.items.map(({ group }) => group),
    pairs: [...audit.nearDuplicates, ...ownerPairs(audit.owners)],
  });
  return borderShortcut({
    border: matrixOf(taken.map((i) => cellsAt(measured[i]!, "border"))),
    middle: matrixOf(taken.map((i) => cellsAt(measured[i]!, "middle"))),
    labels: Int32Array.from(taken, (i) => present.indexOf(labels[i]!)),
    groups: Int32Array.from(taken, (i) => groups[i]!),
    classes: present.map((c) => dataset.classes[c]!),
    keys: taken.map((i) => audit.facts[i]!.sha256),
    random: createRandom(seed),
  });
};
