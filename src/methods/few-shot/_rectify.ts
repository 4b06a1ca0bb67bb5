import { argmax, matrix, rowOf, stackRows, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import type { Support } from "../method.ts";
import { classMeans, squareOf, TINY } from "./_shared.ts";
import { shiftQueries } from "./_joint.ts";

/** Sharpness of the weights (Liu et al. 2020, section 4.1). */
const SHARPNESS = 10;

/** Cosine of every row to every point, [rows, points]. */
export const cosines = async (rows: Matrix, points: Matrix, algebra: Algebra): Promise<Matrix> => {
  const lengths = (m: Matrix): number[] =>
    Array.from({ length: m.rows }, (_, i) => Math.max(Math.sqrt(squareOf(rowOf(m, i))), TINY));
  const [own, theirs] = [lengths(rows), lengths(points)];
  const out = await algebra.multiply(rows, points, { b: true });
  for (let i = 0, at = 0; i < out.rows; i++)
    for (let c = 0; c < out.columns; c++, at++) out.data[at]! /= own[i]! * theirs[c]!;
  return out;
};

/**
 * Prototypes less biased than class means: queries are moved to the support's mean, then every class's point is the mean
 * of its support and of the queries nearest to it, each weighed by softmax(10 cos).
 *
 * Differs from the paper: all queries count, not the surest of each class; a row counts by its share of the class's
 * weights, as these need not sum to one. What each row is nearest to is judged by its cosine to the class means.
 * @returns points, [ways, dim], and the moved queries
 * @see Liu, Song & Qin 2020, eq. 2-5. https://arxiv.org/abs/1911.10713
 */
export const rectify = async (
  { features, labels, ways }: Pick<Support, "features" | "labels" | "ways">,
  asked: Matrix,
  algebra: Algebra,
): Promise<{ readonly points: Matrix; readonly queries: Matrix }> => {
  const queries = shiftQueries(features, asked);
  const all = stackRows([features, queries]);
  const near = await cosines(all, classMeans(features, labels, ways), algebra);
  const sums = new Float64Array(ways * all.columns);
  const totals = new Float64Array(ways);
  for (let i = 0; i < all.rows; i++) {
    const row = rowOf(near, i);
    const own = labels[i] ?? argmax(row);
    let sum = 0;
    for (const cosine of row) sum += Math.exp(SHARPNESS * (cosine - row[own]!));
    totals[own]! += 1 / sum;
    const x = rowOf(all, i);
    for (let j = 0, at = own * x.length; j < x.length; j++, at++) sums[at]! += x[j]! / sum;
  }
  const points = matrix(
    ways,
    all.columns,
    Float32Array.from(sums, (sum, at) => sum / totals[Math.floor(at / all.columns)]!),
  );
  return { points, queries };
};
