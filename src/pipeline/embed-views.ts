import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { openAugmenter } from "../data/augmenter.ts";
import type { DataSet } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { preprocessImage } from "../data/preprocess.ts";
import type { Policy } from "../data/policy.ts";
import type { Backbone } from "./backbone.ts";
import { checkPictures } from "./check-pictures.ts";

export interface EmbedViewsTask {
  readonly backbone: Backbone;
  readonly dataset: DataSet;
  /** Photos to vary. */
  readonly items: readonly number[];
  /** sha256 of every photo: a view hangs on what it shows, not on the order of photos. */
  readonly keys: readonly string[];
  readonly policy: Policy;
  /** Versions of every photo. */
  readonly views: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Photos read and varied ahead of the network. */
const AHEAD = 8;

/**
 * Embeds augmented versions of photos.
 *
 * @returns [photos * views, dim]; row `photo * views + view`
 */
export const embedViews = async (task: EmbedViewsTask): Promise<Matrix> => {
  const { backbone, dataset, items, keys, policy, views, seed, signal } = task;
  const { preprocess } = backbone;
  checkPictures(preprocess, "augmentation");
  const augmenter = openAugmenter({ ...preprocess, policy, seed: `${seed}/${policy.name}` });
  const out = matrix(items.length * views, backbone.dim);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      signal?.throwIfAborted();
      const at = next++;
      const { bytes } = await readItem(dataset.items[items[at]!]!, keys[at]!);
      const picture = await preprocessImage(bytes, preprocess);
      const varied: Uint8Array[] = [];
      for (let view = 1; view <= views; view++) varied.push(await augmenter.vary(picture, `${keys[at]!}/${view}`));
      for (let from = 0; from < views; from += backbone.batch) {
        const embedded = await backbone.embed(varied.slice(from, from + backbone.batch));
        for (let i = 0; i < embedded.rows; i++) rowOf(out, at * views + from + i).set(rowOf(embedded, i));
      }
      task.onProgress?.(++done, items.length);
    }
  };
  try {
    const all = await Promise.allSettled(Array.from({ length: AHEAD }, work));
    for (const result of all) if (result.status === "rejected") throw result.reason;
    return out;
  } finally {
    await augmenter.close();
  }
};
