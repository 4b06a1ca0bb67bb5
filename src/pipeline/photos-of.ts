import { inputSize, type Preprocess } from "../base/preprocess.ts";
import type { DataSet } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { preprocessImage } from "../data/preprocess.ts";
import type { Photos } from "../train/activations.ts";

/** Bytes kept of pixels. */
const PIXEL_BYTES = 128 * 2 ** 20;

export interface PhotosOfTask {
  readonly dataset: DataSet;
  /** Items of the data set; photo i is `items[i]`. */
  readonly items: readonly number[];
  readonly preprocess: Preprocess;
}

/** Photos as a network takes them; the first ones are kept in memory. */
export const photosOf = ({ dataset, items, preprocess }: PhotosOfTask): Photos => {
  const kept = new Map<number, Uint8Array>();
  const most = Math.floor(PIXEL_BYTES / inputSize(preprocess));
  const item = (index: number) => dataset.items[items[index]!]!;
  return {
    count: items.length,
    name: (index) => item(index).name,
    pixels: async (index) => {
      const known = kept.get(index);
      if (known) return known;
      const pixels = await preprocessImage((await readItem(item(index))).bytes, preprocess);
      if (kept.size < most) kept.set(index, pixels);
      return pixels;
    },
  };
};
