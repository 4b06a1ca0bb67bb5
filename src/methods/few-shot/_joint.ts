import { matrix, rowsBetween, stackRows, type Matrix } from "../../base/matrix.ts";
import type { Algebra } from "../algebra.ts";
import type { MethodOptions, Support } from "../method.ts";
import { checkSupport, transformed } from "./_shared.ts";

/** What a method keeps that learns only when it is asked: the support itself. */
export interface Remembered<O extends MethodOptions> {
  readonly features: Matrix;
  readonly labels: Int32Array;
  readonly ways: number;
  readonly options: O;
}

/** The `fit` of such a method, after a check of its options. */
export const remember =
  <O extends MethodOptions>(check: (options: O) => void) =>
  async (support: Support, options: O): Promise<Remembered<O>> => {
    check(options);
    checkSupport(support);
    const { features, labels, ways } = support;
    return {
      features: matrix(features.rows, features.columns, features.data.slice()),
      labels: labels.slice(),
      ways,
      options,
    };
  };

/**
 * Support and queries, support first, known by their inner products: a point that is a weighted sum of rows is its
 * weights, so that no step of an iteration costs the features' dimension, nor sees their axes.
 */
export interface Joint {
  /** Inner products, [rows, rows]. */
  readonly kernel: Matrix;
  readonly rows: number;
  /** Class of the first rows, the support. */
  readonly labels: Int32Array;
  readonly ways: number;
}

/** One number for every row and class, [rows, ways], or for every class and row, [ways, rows]; double precision. */
export type Table = Float64Array;

export const jointOf = async (
  { labels, ways }: Pick<Support, "labels" | "ways">,
  features: { readonly support: Matrix; readonly queries: Matrix },
  algebra: Algebra,
): Promise<Joint> => {
  const all = stackRows([features.support, features.queries]);
  return { kernel: await algebra.multiply(all, all, { b: true }), rows: all.rows, labels, ways };
};

/** 1 for the class of each row of the support, [support rows, ways]. */
export const oneHot = ({ labels, ways }: Pick<Support, "labels" | "ways">): Table => {
  const out = new Float64Array(labels.length * ways);
  labels.forEach((label, i) => (out[i * ways + label] = 1));
  return out;
};

/** The mean of every class's support as weights of rows, [ways, rows]. */
export const meanPoints = ({ labels, ways, rows }: Joint): Table => {
  const counts = new Float64Array(ways);
  for (const label of labels) counts[label]!++;
  const out = new Float64Array(ways * rows);
  labels.forEach((label, i) => (out[label * rows + i] = 1 / counts[label]!));
  return out;
};

/** Inner product of a row of the kernel, from `at`, with weights; four sums, none of which waits for another. */
const productAt = (data: Float32Array, at: number, weights: Table): number => {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = weights.length & ~3;
  let k = 0;
  for (; k < whole; k += 4) {
    a += weights[k]! * data[at + k]!;
    b += weights[k + 1]! * data[at + k + 1]!;
    c += weights[k + 2]! * data[at + k + 2]!;
    d += weights[k + 3]! * data[at + k + 3]!;
  }
  for (; k < weights.length; k++) a += weights[k]! * data[at + k]!;
  return a + b + c + d;
};

/** Squared distance of every row from every point given by its weights, [rows, ways]. */
export const squaredDistances = ({ kernel, rows, ways }: Joint, points: Table): Table => {
  const out = new Float64Array(rows * ways);
  const { data } = kernel;
  for (let c = 0; c < ways; c++) {
    const weights = points.subarray(c * rows, (c + 1) * rows);
    let square = 0;
    for (let i = 0; i < rows; i++) {
      const product = productAt(data, i * rows, weights);
      square += weights[i]! * product;
      out[i * ways + c] = data[i * rows + i]! - 2 * product;
    }
    for (let i = 0; i < rows; i++) out[i * ways + c]! += square;
  }
  return out;
};

/** Softmax of every row of `logits`, [rows, ways]. */
export const softmaxRows = (logits: Table, ways: number): Table => {
  const out = new Float64Array(logits.length);
  for (let from = 0; from < logits.length; from += ways) {
    let most = -Infinity;
    for (let c = 0; c < ways; c++) most = Math.max(most, logits[from + c]!);
    let sum = 0;
    for (let c = 0; c < ways; c++) sum += out[from + c] = Math.exp(logits[from + c]! - most);
    for (let c = 0; c < ways; c++) out[from + c]! /= sum;
  }
  return out;
};

/** The rows of the queries as scores, [queries, ways]. */
export const queryScores = ({ labels, rows, ways }: Joint, table: Table): Matrix =>
  matrix(rows - labels.length, ways, Float32Array.from(table.subarray(labels.length * ways)));

/** Mean of rows, in double precision. */
const doubleMean = (m: Matrix): Float64Array => {
  const out = new Float64Array(m.columns);
  for (let i = 0, at = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++, at++) out[j]! += m.data[at]!;
  for (let j = 0; j < m.columns; j++) out[j]! /= m.rows;
  return out;
};

/** Queries moved so that their mean is the support's. */
export const shiftQueries = (support: Matrix, queries: Matrix): Matrix => {
  const [to, from] = [doubleMean(support), doubleMean(queries)];
  const out = matrix(queries.rows, queries.columns);
  for (let i = 0, at = 0; i < out.rows; i++)
    for (let j = 0; j < out.columns; j++, at++) out.data[at] = queries.data[at]! + to[j]! - from[j]!;
  return out;
};

/**
 * Support and queries at length 1, less the mean of both together, at length 1 again: what features of a fixed backbone
 * have in common says nothing of classes, and would leave a classifier of fixed temperature flat.
 */
export const centredTogether = (
  support: Matrix,
  queries: Matrix,
): { readonly support: Matrix; readonly queries: Matrix } => {
  const unit = transformed(stackRows([support, queries]), new Float32Array(0), true);
  const all = transformed(unit, Float32Array.from(doubleMean(unit)), true);
  return { support: rowsBetween(all, 0, support.rows), queries: rowsBetween(all, support.rows, all.rows) };
};
