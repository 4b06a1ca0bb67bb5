import { dataError, HandfulError } from "../base/errors.ts";
import type { Pixels, Preprocess } from "../base/preprocess.ts";
import { createRandom, shuffled } from "../base/random.ts";
import { augmentations } from "../data/augment/index.ts";
import { contactSheet } from "../data/contact-sheet.ts";
import type { DataSet, Item } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { applyMix } from "../data/mix.ts";
import { applyDraws, sampleMix, samplePolicy, type Policy, type PolicyDraw } from "../data/policy.ts";
import { preprocessImage } from "../data/preprocess.ts";
import { writeSyntheticFolder, type SyntheticMarker, type SyntheticPicture } from "../data/synthetic.ts";

export interface AugmentTask {
  readonly dataset: DataSet;
  /** How photos come to the network: what is varied is what it sees. */
  readonly preprocess: Preprocess;
  readonly seed: number;
  /** Told of each photo that cannot be read and is passed over. */
  readonly onUnreadable: (error: HandfulError) => void;
}

interface Photo {
  readonly item: Item;
  readonly sha256: string;
  readonly pixels: Pixels;
}

/** A photo as the network sees it; null where it cannot be read. */
const readPhoto = async (item: Item, { preprocess, onUnreadable }: AugmentTask): Promise<Photo | null> => {
  const { width, height } = preprocess;
  try {
    const { bytes, sha256 } = await readItem(item);
    return { item, sha256, pixels: { width, height, data: await preprocessImage(bytes, preprocess) } };
  } catch (thrown) {
    if (!(thrown instanceof HandfulError)) throw thrown;
    onUnreadable(
      thrown.message.startsWith(item.name)
        ? thrown
        : new HandfulError(thrown.kind, thrown.code, `${item.name}: ${thrown.message}`, { cause: thrown }),
    );
    return null;
  }
};

/** Photos of a preview at most, and of each of few classes. */
const MOST_ROWS = 8;
const PER_CLASS = 2;

/** Photos drawn by lot: of each class as many, one or two; of many classes some. */
const drawPhotos = async (task: AugmentTask): Promise<Photo[]> => {
  const { items, classes } = task.dataset;
  const random = createRandom(`preview/${task.seed}`);
  const drawn = (label: string | null): Item[] =>
    shuffled(
      items.filter((item) => item.label === label),
      random.fork(label ?? ""),
    );
  const kinds = shuffled(classes, random).slice(0, MOST_ROWS);
  const each = kinds.length === 0 ? MOST_ROWS : Math.min(PER_CLASS, Math.floor(MOST_ROWS / kinds.length));
  const photos: Photo[] = [];
  for (const label of kinds.length === 0 ? [null] : kinds.toSorted()) {
    const before = photos.length;
    for (const item of drawn(label)) {
      if (photos.length - before === each) break;
      const photo = await readPhoto(item, task);
      if (photo) photos.push(photo);
    }
  }
  return photos;
};

/** One column of a preview: a picture for each photo, and what was drawn for it. */
interface Column {
  readonly caption: string;
  readonly pictures: readonly Pixels[];
  readonly draws: readonly PolicyDraw[];
}

const columnOf = async (photos: readonly Photo[], policy: Policy, key: string): Promise<Column> => {
  const draws = photos.map(({ item }) => samplePolicy(policy, createRandom(`${key}/${item.name}`)));
  const pictures = await Promise.all(photos.map(({ pixels }, i) => applyDraws(pixels, draws[i]!)));
  return { caption: key, pictures, draws };
};

/** Every picture of a column mixed with the one half a column further, which is of another class where there are two. */
const mixedColumn = async (
  photos: readonly Photo[],
  policy: Policy,
  { mix, key }: { readonly mix: NonNullable<Policy["mixes"]>[number]; readonly key: string },
): Promise<Column> => {
  const { pictures, draws } = await columnOf(photos, policy, key);
  const { width, height } = pictures[0]!;
  const one = { ...policy, mixes: [{ ...mix, probability: 1 }] };
  const draw = sampleMix(one, { width, height }, createRandom(key))!;
  const size = 3 * width * height;
  const data = new Uint8Array(pictures.length * size);
  pictures.forEach((picture, i) => data.set(picture.data, i * size));
  const partners = pictures.map((_, i) => (i + Math.floor(pictures.length / 2)) % pictures.length);
  const out = applyMix({ data, shape: [pictures.length, height, width, 3], layout: "nhwc" }, draw, partners);
  return {
    caption: `${mix.mix} ${Math.round(100 * draw.share)} %`,
    pictures: pictures.map((_, i) => ({ width, height, data: out.subarray(i * size, (i + 1) * size) })),
    draws,
  };
};

/** Columns that show each mix. */
const MIXED = 3;

const columnsOf = (photos: readonly Photo[], task: PreviewTask): Promise<Column[]> => {
  const { policy, draws, seed } = task;
  if (!policy)
    return Promise.all(
      augmentations.map(async ({ name }) => ({
        ...(await columnOf(photos, { name, steps: [{ augmentation: name }] }, `${name}/${seed}`)),
        caption: name,
      })),
    );
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  return Promise.all([
    ...numbers(draws).map(async (draw) => ({
      ...(await columnOf(photos, policy, `${seed}/${draw}`)),
      caption: `${policy.name} ${draw}`,
    })),
    ...(policy.mixes ?? []).flatMap((mix) =>
      numbers(MIXED).map((draw) => mixedColumn(photos, policy, { mix, key: `${seed}/${mix.mix}/${draw}` })),
    ),
  ]);
};

export interface PreviewTask extends AugmentTask {
  /** Whose draws are shown; null: every augmentation by itself, at its default ranges. */
  readonly policy: Policy | null;
  /** Versions of each photo that a policy shows. */
  readonly draws: number;
}

export interface Preview {
  readonly png: Uint8Array;
  /** False where no font is installed. */
  readonly isCaptioned: boolean;
  readonly columns: readonly string[];
  readonly photos: readonly {
    readonly name: string;
    readonly label: string | null;
    /** What was drawn for each column but the first. */
    readonly draws: readonly PolicyDraw[];
  }[];
}

/** Length of the longer side of a picture in a preview, in pixels. */
const SIDE = 96;

/**
 * Pictures of what augmentation does: a row a photo, first as the network sees it, then varied.
 *
 * @throws the last photo's error when none can be read
 */
export const previewAugmentation = async (task: PreviewTask): Promise<Preview> => {
  let last: HandfulError | null = null;
  const onUnreadable = (error: HandfulError): void => {
    last = error;
    task.onUnreadable(error);
  };
  const photos = await drawPhotos({ ...task, onUnreadable });
  if (photos.length === 0 && last) throw last;
  const columns = await columnsOf(photos, task);
  const captions = ["photo", ...columns.map(({ caption }) => caption)];
  const rows = photos.map(({ item, pixels }, row) => ({
    caption: item.label ?? "",
    pictures: [pixels, ...columns.map(({ pictures }) => pictures[row]!)],
  }));
  return {
    ...(await contactSheet({ columns: captions, rows, side: SIDE })),
    columns: captions,
    photos: photos.map(({ item: { name, label } }, row) => ({
      name,
      label,
      draws: columns.map(({ draws }) => draws[row]!),
    })),
  };
};

export interface CopiesTask extends AugmentTask {
  readonly policy: Policy;
  /** Of each photo. */
  readonly copies: number;
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes varied copies of the photos to learn from, marked with the photo each was made from; photos of validation and
 * test folders and such without a class are left out. Pictures of a batch are not mixed: they would be of two classes.
 *
 * @throws optionError when `out` holds made pictures already; E_NO_IMAGES when there is no photo to vary
 */
export const writeCopies = (task: CopiesTask): Promise<SyntheticMarker> => {
  const { copies, seed, preprocess, dataset, signal, onProgress } = task;
  const { mixes: _, ...policy } = task.policy;
  const items = dataset.items.filter(({ label, split }) => label !== null && (split ?? "train") === "train");
  let isEmpty = true;
  async function* pictures(): AsyncGenerator<SyntheticPicture> {
    for (const [i, item] of items.entries()) {
      signal?.throwIfAborted();
      const photo = await readPhoto(item, task);
      const stem = item.name.slice(item.name.lastIndexOf("/") + 1).replace(/\.[^.]+$/, "");
      for (let copy = 1; photo && copy <= copies; copy++) {
        const draws = samplePolicy(policy, createRandom(`copies/${seed}/${item.name}/${copy}`));
        yield {
          label: item.label!,
          name: `${stem}-${i + 1}-${copy}`, // photos of one name may lie in unlike folders of a class
          pixels: await applyDraws(photo.pixels, draws),
          source: item.name,
          sourceSha256: photo.sha256,
        };
        isEmpty = false;
      }
      onProgress?.(i + 1, items.length);
    }
    if (isEmpty)
      throw dataError("E_NO_IMAGES", `${dataset.root}: no photo to learn from that has a class and can be read`, {
        hint: "See what is wrong with them: handful inspect <photos>",
      });
  }
  const { width, height, fit } = preprocess;
  const options = { policy, copies, seed, width, height, fit };
  return writeSyntheticFolder(task.out, { how: "augmentation", options, pictures: pictures() });
};
