import { dataError } from "../base/errors.ts";
import { matrix, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { auditDataset, type Audit } from "../data/audit.ts";
import type { DataSet } from "../data/dataset.ts";
import type { Backbone } from "./backbone.ts";
import type { FeatureCache } from "./feature-cache.ts";

export interface EmbedOptions {
  readonly backbone: Backbone;
  /** null: embed everything anew. */
  readonly cache: FeatureCache | null;
  readonly onProgress?: (progress: { done: number; total: number; embedded: number }) => void;
  /** Aborted: no further image is read; what was embedded is kept in the cache. */
  readonly signal?: AbortSignal;
}

export interface Embedded {
  readonly audit: Audit;
  /** Row i belongs to item `indices[i]`. */
  readonly features: Matrix;
  /** Items that have features, ascending. */
  readonly indices: number[];
  /** How many were computed now; the others came from the cache. */
  readonly computed: number;
  /** Whether the images are volumes, whose features are too much alike to tell copies by. */
  readonly volumes?: boolean;
}

interface Waiting {
  readonly index: number;
  readonly sha256: string;
  readonly picture: Uint8Array;
}

/** Batches on their way for every one computing, so that decoding keeps ahead. */
const AHEAD = 2;

/**
 * Reads every image once: audits it and embeds it, decoding the next batches while one is computed.
 *
 * Memory: the features, and pixels of a few batches.
 * @throws dataError E_FEATURE_NAN naming the image whose embedding is not finite
 */
export const embedDataset = async (
  dataset: DataSet,
  { backbone, cache, onProgress, signal }: EmbedOptions,
): Promise<Embedded> => {
  const rows = matrix(dataset.items.length, backbone.dim); // by item; those that cannot be read are left out in the end
  const known = new Set<number>();
  let waiting: Waiting[] = [];
  let computed = 0;

  const keep = (index: number, vector: Float32Array): void => {
    rowOf(rows, index).set(vector);
    known.add(index);
  };
  const compute = async (batch: readonly Waiting[]): Promise<void> => {
    const embedded = await backbone.embed(batch.map((w) => w.picture));
    batch.forEach(({ index, sha256 }, i) => {
      const vector = rowOf(embedded, i);
      if (!vector.every(Number.isFinite))
        throw dataError("E_FEATURE_NAN", `${dataset.items[index]!.name}: its embedding is not finite`, {
          hint: "Check the picture, or use another backbone.",
        });
      keep(index, vector);
      cache?.put(sha256, vector);
    });
    computed += batch.length;
  };
  const computeWaiting = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    return compute(batch);
  };

  const read = auditDataset(dataset, {
    concurrency: (backbone.batch + backbone.lanes) * AHEAD,
    onProgress: ({ done, total }) => onProgress?.({ done, total, embedded: known.size }),
    preprocess: backbone.preprocess,
    onImage: async ({ index, facts, input }) => {
      signal?.throwIfAborted();
      const cached = cache?.get(facts.sha256);
      if (cached) {
        keep(index, cached);
        return;
      }
      const picture = await input(backbone.preprocess);
      waiting.push({ index, sha256: facts.sha256, picture });
      if (waiting.length >= backbone.batch) await computeWaiting(); // a full batch holds its last picture's reader back
    },
  });
  const audit = await read.finally(() => cache?.flush()); // also when stopped half-way: nothing is embedded twice
  if (waiting.length > 0) await computeWaiting();
  await cache?.flush();
  const indices = [...known].sort((a, b) => a - b);
  const features = indices.length === rows.rows ? rows : takeRows(rows, indices);
  return { audit, features, indices, computed, volumes: backbone.preprocess.depth !== undefined };
};
