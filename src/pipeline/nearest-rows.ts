import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import type { NearImage } from "../report/input.ts";

/**
 * The training images nearest to a row by cosine similarity of embeddings, nearest first; images of the row's own
 * group (itself, near-duplicates) are left out.
 *
 * @param features  [images, dim]
 */
export const nearestRows = (features: Matrix, groups: Int32Array): ((row: number, count: number) => NearImage[]) => {
  const unit = matrix(features.rows, features.columns);
  for (let i = 0; i < features.rows; i++) {
    const row = rowOf(features, i);
    const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0)) || 1;
    row.forEach((v, j) => (unit.data[i * features.columns + j] = v / norm));
  }
  return (row, count) => {
    const query = rowOf(unit, row);
    const near: NearImage[] = [];
    for (let i = 0; i < unit.rows; i++) {
      if (groups[i] === groups[row]) continue;
      const other = rowOf(unit, i);
      let similarity = 0;
      for (let j = 0; j < other.length; j++) similarity += query[j]! * other[j]!;
      near.push({ row: i, similarity });
    }
    return near.sort((a, b) => b.similarity - a.similarity || a.row - b.row).slice(0, count);
  };
};
