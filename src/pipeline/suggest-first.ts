import { dataError } from "../base/errors.ts";
import { takeRows } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { scanDataset } from "../data/scan.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { strategyOf } from "../methods/choose-strategy.ts";
import { transformed } from "../methods/few-shot/_shared.ts";
import { rotate } from "../methods/rotate.ts";
import { openEmbedded, type EmbedPhotosOptions } from "./embed-photos.ts";
import { plural } from "./select-photos.ts";
import type { Suggestion } from "./suggest.ts";

export interface SuggestFirstOptions extends EmbedPhotosOptions {
  /** Folder; labels, if any, are not looked at. */
  readonly photos: string;
  readonly count: number;
  readonly seed: number;
}

export interface FirstSuggestions {
  readonly strategy: string;
  readonly photos: number;
  readonly unreadable: number;
  /** Copies of other photos, which are not suggested. */
  readonly copies: number;
  readonly suggestions: readonly Pick<Suggestion, "name" | "reason">[];
}

/**
 * The photos to label first where nothing is labelled and no model is there: typical ones, each of another kind
 * (TypiClust).
 *
 * Memory: embeddings, no pixels beyond a batch.
 * @throws dataError E_POOL_EMPTY where no photo can be read
 */
export const suggestFirst = async (options: SuggestFirstOptions): Promise<FirstSuggestions> => {
  const { photos, count, seed, threads } = options;
  const dataset = await scanDataset(photos);
  const { backbone, embedded } = await openEmbedded(dataset, options);
  await backbone.close();
  const { audit, indices } = embedded;
  const hashes = indices.map((item) => audit.facts[item]!.sha256);
  const rows = indices.flatMap((_, row) => (hashes.indexOf(hashes[row]!) === row ? [row] : []));
  const unreadable = dataset.skipped.length + audit.unreadable.length;
  if (rows.length === 0)
    throw dataError(
      "E_POOL_EMPTY",
      `${photos}: wanted photos that can be read, got ${plural(unreadable, "file")} that cannot`,
    );
  const strategy = strategyOf("typiclust", { labelled: 0, ways: 1 });
  const algebra = openAlgebra(threads);
  try {
    const { features: turned } = await rotate(takeRows(embedded.features, rows), algebra);
    const features = transformed(turned, new Float32Array(0), true);
    const picked = await strategy.pick({
      answers: [],
      features,
      nearness: new Float64Array(rows.length).fill(-1),
      labelled: 0,
      count: Math.min(count, rows.length),
      random: createRandom(seed).fork("suggest"),
      algebra,
    });
    const like = await algebra.multiply(features, takeRows(features, picked), { b: true });
    const followers = new Array<number>(picked.length).fill(0);
    for (let i = 0; i < like.rows; i++) {
      const row = like.data.subarray(i * like.columns, (i + 1) * like.columns);
      followers[row.indexOf(Math.max(...row))]! += 1;
    }
    return {
      strategy: strategy.name,
      photos: rows.length,
      unreadable,
      copies: indices.length - rows.length,
      suggestions: [...picked].map((row, i) => ({
        name: dataset.items[indices[rows[row]!]!]!.name,
        reason: `typical of ${plural(followers[i]!, "photo")}`,
      })),
    };
  } finally {
    await algebra.close();
  }
};
