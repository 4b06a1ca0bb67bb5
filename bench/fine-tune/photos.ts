import { resolve } from "node:path";
import type { Preprocess } from "../../src/base/preprocess.ts";
import { shuffled, type Random } from "../../src/base/random.ts";
import { labelIndices } from "../../src/data/dataset.ts";
import { readItem } from "../../src/data/image.ts";
import { preprocessImage } from "../../src/data/preprocess.ts";
import { scanDataset } from "../../src/data/scan.ts";
import type { Photos } from "../../src/train/activations.ts";

/** A data set in memory, as a network takes it. */
export interface Gallery {
  readonly photos: Photos;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** Whether a photo may be trained on; the others are for testing. */
  readonly trainable: readonly boolean[];
}

/** Reads all photos of a data set; those of a test folder, where there is one, are kept apart. */
export const readGallery = async (name: string, preprocess: Preprocess): Promise<Gallery> => {
  const dataset = await scanDataset(resolve("../shared/data", name));
  const pixels: Uint8Array[] = [];
  for (const item of dataset.items) pixels.push(await preprocessImage((await readItem(item)).bytes, preprocess));
  return {
    photos: {
      count: pixels.length,
      name: (i) => dataset.items[i]!.name,
      pixels: async (i) => pixels[i]!,
    },
    labels: labelIndices(dataset),
    classes: dataset.classes,
    trainable: dataset.items.map((item) => item.split !== "test"),
  };
};

export interface Division {
  readonly train: number[];
  readonly test: number[];
}

/** Some photos of each class to learn from, and at most `most` of the others to test on. */
export const divide = (gallery: Gallery, shots: number, random: Random, most = 1000): Division => {
  const own = gallery.trainable.some((t) => !t);
  const order = shuffled(Array.from(gallery.labels.keys()), random);
  const counts = new Map<number, number>();
  const [train, rest]: [number[], number[]] = [[], []];
  for (const i of order) {
    const label = gallery.labels[i]!;
    if (gallery.trainable[i] && (counts.get(label) ?? 0) < shots) {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      train.push(i);
    } else if (!own || !gallery.trainable[i]) rest.push(i);
  }
  return { train, test: rest.slice(0, most) };
};
