import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Algebra } from "./algebra.ts";
import { squareOf } from "./few-shot/_shared.ts";

export interface Clusters {
  /** Cluster of every row, 0 .. k - 1. */
  readonly of: Int32Array;
  /** [k, dim] */
  readonly centres: Matrix;
  /** Squared distance of every row to its centre. */
  readonly squares: Float64Array;
}

const ITERATIONS = 30;

/** Index drawn in proportion to values, some of which are above 0. */
const drawn = (values: Float64Array, random: Random): number => {
  let left = random.uniform() * values.reduce((a, b) => a + b, 0);
  const at = values.findIndex((value) => value > 0 && (left -= value) < 0);
  return at >= 0
    ? at
    : Math.max(
        0,
        values.findLastIndex((value) => value > 0),
      );
};

const squareBetween = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - b[j]!) ** 2;
  return sum;
};

/** Centres far from one another: each drawn by its squared distance from those before. */
const start = (x: Matrix, weights: Float64Array, k: number, random: Random): Matrix => {
  const centres = matrix(k, x.columns);
  const nearest = new Float64Array(x.rows).fill(Infinity);
  for (let c = 0; c < k; c++) {
    const row = drawn(c === 0 ? weights : nearest.map((square, i) => square * weights[i]!), random);
    rowOf(centres, c).set(rowOf(x, row));
    for (let i = 0; i < x.rows; i++) nearest[i] = Math.min(nearest[i]!, squareBetween(rowOf(x, i), rowOf(x, row)));
  }
  return centres;
};

/** The nearest centre of every row. */
const assign = async (x: Matrix, centres: Matrix, algebra: Algebra): Promise<Omit<Clusters, "centres">> => {
  const products = await algebra.multiply(x, centres, { b: true });
  const lengths = Float64Array.from({ length: centres.rows }, (_, c) => squareOf(rowOf(centres, c)));
  const of = new Int32Array(x.rows);
  const squares = new Float64Array(x.rows);
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(products, i);
    for (let c = 1; c < centres.rows; c++)
      if (lengths[c]! - 2 * row[c]! < lengths[of[i]!]! - 2 * row[of[i]!]!) of[i] = c;
    squares[i] = Math.max(0, squareOf(rowOf(x, i)) + lengths[of[i]!]! - 2 * row[of[i]!]!);
  }
  return { of, squares };
};

/**
 * Weighted k-means from k-means++ centres; a cluster that is left without rows keeps its centre.
 *
 * @param k  at most as many as there are rows
 * @see Lloyd 1982; Arthur & Vassilvitskii 2007
 */
export const kMeans = async (
  x: Matrix,
  { k, weights, random }: { readonly k: number; readonly weights?: Float64Array; readonly random: Random },
  algebra: Algebra,
): Promise<Clusters> => {
  const worth = weights ?? new Float64Array(x.rows).fill(1);
  const centres = start(x, worth, Math.min(k, x.rows), random);
  let found = await assign(x, centres, algebra);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const sums = new Float64Array(centres.data.length);
    const masses = new Float64Array(centres.rows);
    found.of.forEach((c, i) => {
      masses[c]! += worth[i]!;
      const row = rowOf(x, i);
      for (let j = 0; j < row.length; j++) sums[c * row.length + j]! += worth[i]! * row[j]!;
    });
    sums.forEach((sum, at) => {
      const mass = masses[Math.floor(at / x.columns)]!;
      if (mass > 0) centres.data[at] = sum / mass;
    });
    const next = await assign(x, centres, algebra);
    const still = next.of.every((c, i) => c === found.of[i]);
    found = next;
    if (still) break;
  }
  return { ...found, centres };
};
