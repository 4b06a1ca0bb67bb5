import { optionError } from "../base/errors.ts";
import { rowsBetween, stackRows, type Matrix } from "../base/matrix.ts";
import type { Algebra } from "./algebra.ts";
import { meanRow, transformed } from "./few-shot/_shared.ts";

/** A symmetric sparse matrix: of row i the entries `starts[i]` to `starts[i + 1] - 1`, columns ascending. */
export interface SparseMatrix {
  readonly size: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** The nearest other rows of every row, nearest first, [rows, k], with their squared distances. */
export interface Neighbours {
  readonly k: number;
  readonly rows: Int32Array;
  readonly squares: Float64Array;
}

/** Numbers of one block of similarities: 16 MB. */
const BLOCK_NUMBERS = 4e6;

/** Keeps the k largest of a row of similarities, `self` aside, largest first and of equals the first. */
const keepLargest = (
  row: Float32Array,
  self: number,
  { rows, cosines }: { rows: Int32Array; cosines: Float64Array },
) => {
  const k = rows.length;
  let held = 0;
  for (let j = 0; j < row.length; j++) {
    const cosine = row[j]!;
    if (j === self || (held === k && cosine <= cosines[k - 1]!)) continue;
    let at = held < k ? held++ : k - 1;
    for (; at > 0 && cosines[at - 1]! < cosine; at--) {
      cosines[at] = cosines[at - 1]!;
      rows[at] = rows[at - 1]!;
    }
    cosines[at] = cosine;
    rows[at] = j;
  }
};

/**
 * Nearest other rows by the cosine, exactly; similarities are held of a block of rows at a time.
 *
 * @param unit  [rows, dim], of length 1 each
 * @param k  at most rows - 1 are given
 */
export const nearestNeighbours = async (unit: Matrix, k: number, algebra: Algebra): Promise<Neighbours> => {
  if (!Number.isInteger(k) || k < 1) throw optionError(`neighbours: wanted a whole number from 1, got ${k}`);
  const most = Math.min(k, unit.rows - 1);
  const rows = new Int32Array(unit.rows * most);
  const cosines = new Float64Array(unit.rows * most);
  const block = Math.max(1, Math.floor(BLOCK_NUMBERS / unit.rows));
  for (let from = 0; from < unit.rows && most > 0; from += block) {
    const to = Math.min(unit.rows, from + block);
    const { data } = await algebra.multiply(rowsBetween(unit, from, to), unit, { b: true });
    for (let i = from; i < to; i++)
      keepLargest(data.subarray((i - from) * unit.rows, (i - from + 1) * unit.rows), i, {
        rows: rows.subarray(i * most, (i + 1) * most),
        cosines: cosines.subarray(i * most, (i + 1) * most),
      });
  }
  return { k: most, rows, squares: cosines.map((cosine) => Math.max(0, 2 - 2 * cosine)) };
};

/** Keeps rows that are the same from being infinitely alike. */
const LEAST_SQUARE = 1e-12;

/**
 * w_ij = exp(-d_ij² / (s_i s_j)) where i is among j's neighbours or j among i's, s_i the distance to i's last neighbour.
 *
 * @see Zelnik-Manor and Perona 2004, Self-tuning spectral clustering, eq. 1
 */
export const similarityGraph = ({ k, rows, squares }: Neighbours): SparseMatrix => {
  const size = k === 0 ? 0 : rows.length / k;
  const scale = (i: number): number => Math.sqrt(Math.max(LEAST_SQUARE, squares[i * k + k - 1]!));
  const entries = Array.from({ length: size }, () => new Map<number, number>());
  for (let i = 0; i < size; i++)
    for (let at = i * k; at < (i + 1) * k; at++) {
      const j = rows[at]!;
      const weight = Math.exp(-squares[at]! / (scale(i) * scale(j)));
      entries[i]!.set(j, weight);
      entries[j]!.set(i, weight);
    }
  const starts = new Int32Array(size + 1);
  entries.forEach((own, i) => (starts[i + 1] = starts[i]! + own.size));
  const [columns, values] = [new Int32Array(starts[size]!), new Float64Array(starts[size]!)];
  entries.forEach((own, i) =>
    [...own.keys()]
      .sort((a, b) => a - b)
      .forEach((j, at) => {
        columns[starts[i]! + at] = j;
        values[starts[i]! + at] = own.get(j)!;
      }),
  );
  return { size, starts, columns, values };
};

/** The similarity graph of labelled rows, first, and unlabelled ones: minus their common mean, scaled to length 1. */
export const graphOf = async (
  { labelled, pool, neighbours }: { readonly labelled: Matrix; readonly pool: Matrix; readonly neighbours: number },
  algebra: Algebra,
): Promise<SparseMatrix> => {
  const all = stackRows([labelled, pool]);
  return similarityGraph(await nearestNeighbours(transformed(all, meanRow(all), true), neighbours, algebra));
};

/** Sum of every row. */
export const degreesOf = ({ size, starts, values }: SparseMatrix): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) sum += values[at]!;
    return sum;
  });
