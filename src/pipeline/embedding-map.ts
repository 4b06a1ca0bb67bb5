import { matrix, release, rowOf, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";

/** A two-dimensional view of embeddings. */
export interface EmbeddingMap {
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** How the coordinates were made, for people. */
  readonly text: string;
}

const ITERATIONS = 30;

const centred = (features: Matrix): Matrix => {
  const mean = new Float64Array(features.columns);
  for (let i = 0; i < features.rows; i++) rowOf(features, i).forEach((v, j) => (mean[j]! += v / features.rows));
  const out = matrix(features.rows, features.columns);
  out.data.forEach((_, k) => (out.data[k] = features.data[k]! - mean[k % features.columns]!));
  return out;
};

/** Leading right singular vector of `x` with `others` projected out, by power iteration; and its projections. */
const component = (
  x: Matrix,
  others: readonly Float64Array[],
  random: Random,
): { direction: Float64Array; scores: Float64Array } => {
  let direction = Float64Array.from({ length: x.columns }, () => random.normal());
  const scores = new Float64Array(x.rows);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    for (let i = 0; i < x.rows; i++) {
      const row = rowOf(x, i);
      let sum = 0;
      for (let j = 0; j < row.length; j++) sum += row[j]! * direction[j]!;
      scores[i] = sum;
    }
    const next = new Float64Array(x.columns);
    for (let i = 0; i < x.rows; i++) {
      const row = rowOf(x, i);
      for (let j = 0; j < row.length; j++) next[j]! += row[j]! * scores[i]!;
    }
    for (const other of others) {
      const along = next.reduce((sum, v, j) => sum + v * other[j]!, 0);
      other.forEach((v, j) => (next[j]! -= along * v));
    }
    const norm = Math.hypot(...next) || 1;
    direction = next.map((v) => v / norm);
  }
  return { direction, scores };
};

/**
 * The first two principal components of embeddings [images, dim].
 *
 * @param random  starts the power iteration
 */
export const embeddingMap = (features: Matrix, random: Random): EmbeddingMap => {
  const x = centred(features);
  const total = x.data.reduce((sum, v) => sum + v * v, 0) || 1;
  const first = component(x, [], random);
  const second = component(x, [first.direction], random);
  const share = [first, second].reduce((sum, c) => sum + c.scores.reduce((s, v) => s + v * v, 0), 0) / total;
  release(x);
  return {
    x: Float32Array.from(first.scores),
    y: Float32Array.from(second.scores),
    text: `principal components 1 and 2 of the embeddings, ${Math.round(share * 100)} % of their variance`,
  };
};
