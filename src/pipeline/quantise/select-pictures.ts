import { dataError, HandfulError } from "../../base/errors.ts";
import type { Preprocess } from "../../base/preprocess.ts";
import { createRandom, shuffled } from "../../base/random.ts";
import type { DataSet } from "../../data/dataset.ts";
import { checkPhotographed } from "../../data/scan.ts";
import type { ArtifactMetadata } from "../../artifact/metadata.ts";
import type { Photos } from "../../train/activations.ts";
import { photosOf } from "../photos-of.ts";
import { checkLabelled } from "../score.ts";

/** Pictures that ranges are taken from, and others that ways and layers are compared on. */
const SEEN = 32;
const UNSEEN = 16;
/** Readable photos below which nothing can be set aside to calibrate on. */
const LEAST = 12;

/** A photo that can be read, of a class that the model knows. */
export interface AskedPhotos {
  readonly photos: Photos;
  /** Class index of the model, by photo. */
  readonly labels: Int32Array;
  /** Declared group by photo. */
  readonly groups: readonly (string | null)[];
  /** Whether the model may have learned from the photo, going by its name. */
  readonly maybeLearned: readonly boolean[];
}

export interface SelectedPictures {
  readonly seen: readonly Uint8Array[];
  readonly unseen: readonly Uint8Array[];
  /** All others. */
  readonly asked: AskedPhotos;
  readonly notes: readonly string[];
}

/** Photos of each class in turn, drawn by lot. */
const inTurn = (rows: readonly number[], labels: Int32Array, seed: number): number[] => {
  const rank = new Map<number, number>();
  return shuffled(rows, createRandom(seed).fork("calibrate"))
    .map((row) => {
      const own = rank.get(labels[row]!) ?? 0;
      rank.set(labels[row]!, own + 1);
      return { row, own };
    })
    .sort((a, b) => a.own - b.own)
    .map(({ row }) => row);
};

/** The photos of classes that the model knows, and what was left out. */
const knownItems = (dataset: DataSet, labels: readonly string[]): { items: number[]; notes: string[] } => {
  const labelled = [...dataset.items.keys()].filter((i) => dataset.items[i]!.label !== null);
  const items = labelled.filter((i) => labels.includes(dataset.items[i]!.label!));
  const dropped = labelled.length - items.length;
  if (items.length === 0)
    throw dataError("E_NOTHING_TO_SCORE", `${dataset.root}: no photo of a class the model knows`, {
      hint: `The model knows: ${labels.slice(0, 10).join(", ")}${labels.length > 10 ? ", …" : ""}. Class = folder name.`,
    });
  const notes = dropped > 0 ? [`${dropped} photos of classes the model does not know were dropped`] : [];
  return { items, notes };
};

/** Rows whose picture can be read. */
const readable = async (photos: Photos): Promise<number[]> => {
  const rows: number[] = [];
  for (let i = 0; i < photos.count; i++)
    try {
      await photos.pixels(i, 0);
      rows.push(i);
    } catch (thrown) {
      if (!(thrown instanceof HandfulError)) throw thrown;
    }
  return rows;
};

/** Which photos the model learned from: by name, and all but the test split where the file does not hold all names. */
const learnedFrom = ({ items }: DataSet, { training, dataset }: ArtifactMetadata): boolean[] => {
  const names = new Set(training.names);
  const byName = items.map(({ name }) => names.has(name));
  const complete = dataset.counts.reduce((sum, n) => sum + n, 0) <= training.names.length;
  return complete || !byName.includes(true) ? byName : items.map(({ split }) => split !== "test");
};

/**
 * Sets photos aside to calibrate on, at most a third, those that the model learned from first; all others are asked.
 *
 * @throws dataError E_SYNTHETIC, E_NO_LABELS, E_NOTHING_TO_SCORE, E_FEW_PHOTOS
 */
export const selectPictures = async (
  dataset: DataSet,
  metadata: ArtifactMetadata & { readonly preprocess: Preprocess },
  seed: number,
): Promise<SelectedPictures> => {
  checkPhotographed(dataset);
  checkLabelled(dataset, metadata.labels);
  const { items, notes } = knownItems(dataset, metadata.labels);
  const photos = photosOf({ dataset, items, preprocess: metadata.preprocess });
  const rows = await readable(photos);
  if (rows.length < items.length) notes.push(`${items.length - rows.length} photos could not be read`);
  if (rows.length < LEAST)
    throw dataError("E_FEW_PHOTOS", `${dataset.root}: wanted at least ${LEAST} readable photos, got ${rows.length}`, {
      hint: "Give more labelled photos: some to calibrate on, the others to see what is lost.",
    });
  const labels = Int32Array.from(items, (i) => metadata.labels.indexOf(dataset.items[i]!.label!));
  const learned = learnedFrom(dataset, metadata);
  const isLearned = (row: number): boolean => learned[items[row]!]!;
  const order = inTurn(rows, labels, seed).sort((a, b) => Number(isLearned(b)) - Number(isLearned(a)));
  const aside = Math.min(SEEN + UNSEEN, Math.floor(rows.length / 3));
  const cut = Math.ceil((aside * SEEN) / (SEEN + UNSEEN));
  const pixels = (chosen: readonly number[]) => Promise.all(chosen.map((row) => photos.pixels(row, 0)));
  const rest = order.slice(aside).sort((a, b) => a - b);
  return {
    seen: await pixels(order.slice(0, cut)),
    unseen: await pixels(order.slice(cut, aside)),
    asked: {
      photos: {
        count: rest.length,
        name: (i) => photos.name(rest[i]!),
        pixels: (i, view) => photos.pixels(rest[i]!, view),
      },
      labels: Int32Array.from(rest, (row) => labels[row]!),
      groups: rest.map((row) => dataset.items[items[row]!]!.group),
      maybeLearned: rest.map(isLearned),
    },
    notes,
  };
};
