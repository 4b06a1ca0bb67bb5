import type { Model } from "../../artifact/load.ts";
import { matrix, type Matrix } from "../../base/matrix.ts";
import type { Photos } from "../../train/activations.ts";
import { SAME_SCENE } from "../select-photos.ts";

const BATCH = 8;

/** What a model says of photos, row by row. */
export interface Answers {
  /** [photos, dim] */
  readonly embeddings: Matrix;
  /** [photos, classes] */
  readonly probabilities: Matrix;
  /** Called unknown. */
  readonly unknown: readonly boolean[];
  /** Names of training photos that look the same as each. */
  readonly nearest: readonly (readonly string[])[];
}

/** Asks a model about photos, in their order. */
export const askModel = async (
  model: Pick<Model, "predict">,
  photos: Photos,
  onProgress?: (done: number, total: number) => void,
): Promise<Answers> => {
  const [embeddings, probabilities]: [Float32Array[], Float32Array[]] = [[], []];
  const unknown: boolean[] = [];
  const nearest: string[][] = [];
  for (let start = 0; start < photos.count; start += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, photos.count - start) }, (_, i) => start + i);
    for (const answer of await model.predict(await Promise.all(rows.map((row) => photos.pixels(row, 0))))) {
      embeddings.push(answer.embedding);
      probabilities.push(Float32Array.from(answer.probabilities));
      unknown.push(answer.label === null);
      nearest.push(answer.nearest.filter(({ similarity }) => similarity >= SAME_SCENE).map(({ name }) => name));
    }
    onProgress?.(start + rows.length, photos.count);
  }
  return { embeddings: asMatrix(embeddings), probabilities: asMatrix(probabilities), unknown, nearest };
};

const asMatrix = (rows: readonly Float32Array[]): Matrix => {
  const out = matrix(rows.length, rows[0]?.length ?? 0);
  rows.forEach((row, i) => out.data.set(row, i * out.columns));
  return out;
};
