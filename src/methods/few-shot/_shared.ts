import { dataError } from "../../base/errors.ts";
import { matrix, release, rowOf, takeRows, type Matrix } from "../../base/matrix.ts";
import { floats } from "../../graph/dtype.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { div } from "../../ops/div.ts";
import { matmul } from "../../ops/matmul.ts";
import { max } from "../../ops/max.ts";
import { mul } from "../../ops/mul.ts";
import { reduceSum } from "../../ops/reduce-sum.ts";
import { sqrt } from "../../ops/sqrt.ts";
import { sub } from "../../ops/sub.ts";
import type { Algebra } from "../algebra.ts";
import type { Support } from "../method.ts";
import { transductiveError } from "../transductive.ts";

/** Keeps an all-zero row from being divided by zero. */
export const TINY = 1e-12;

/** A head linear in its features: scores = z W + b, with z = x, x - centre, or either scaled to length 1. */
export interface LinearHead {
  /** Subtracted from features first; empty: nothing is. */
  readonly centre: Float32Array;
  /** Whether rows are then scaled to length 1. */
  readonly unit: boolean;
  /** [dim, ways] */
  readonly weights: Matrix;
  readonly bias: Float32Array;
}

/** Squared length. */
export const squareOf = (row: Float32Array): number => {
  let square = 0;
  for (let j = 0; j < row.length; j++) square += row[j]! * row[j]!;
  return square;
};

/** Rows minus `centre` (empty: nothing), scaled to length 1 if `unit`. */
export const transformed = (x: Matrix, centre: Float32Array, unit: boolean): Matrix => {
  if (centre.length === 0 && !unit) return x;
  const out = matrix(x.rows, x.columns, x.data.slice());
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(out, i);
    if (centre.length > 0) for (let j = 0; j < row.length; j++) row[j]! -= centre[j]!;
    if (!unit) continue;
    const scale = 1 / Math.max(Math.sqrt(squareOf(row)), TINY);
    for (let j = 0; j < row.length; j++) row[j]! *= scale;
  }
  return out;
};

/** Scores of a linear head, [queries, ways]. */
export const predictLinear = async (head: LinearHead, queries: Matrix, algebra: Algebra): Promise<Matrix> => {
  const x = transformed(queries, head.centre, head.unit);
  const scores = await algebra.multiply(x, head.weights);
  if (x !== queries) release(x);
  for (let i = 0; i < scores.rows; i++)
    for (let c = 0; c < scores.columns; c++) scores.data[i * scores.columns + c]! += head.bias[c]!;
  return scores;
};

/** `transformed` as ONNX operators. */
export const emitTransformed = (g: Graph, embedding: Value, centre: Float32Array, unit: boolean): Value => {
  const x =
    centre.length === 0 ? embedding : sub(g, embedding, g.constant(floats([1, centre.length], centre), "head_centre"));
  if (!unit) return x;
  const norm = sqrt(g, reduceSum(g, mul(g, x, x), { axes: [1], keepdims: 1 }));
  return div(g, x, max(g, norm, TINY));
};

/** `predictLinear` as ONNX operators. */
export const emitLinear = (g: Graph, head: LinearHead, embedding: Value): Value => {
  const { weights, bias } = head;
  const x = emitTransformed(g, embedding, head.centre, head.unit);
  const product = matmul(g, x, g.constant(floats([weights.rows, weights.columns], weights.data), "head_weights"));
  return add(g, product, g.constant(floats([1, bias.length], bias), "head_bias"));
};

/** Number of images of every class. */
export const countShots = ({ labels, ways }: Pick<Support, "labels" | "ways">): Float64Array => {
  const counts = new Float64Array(ways);
  for (const label of labels) counts[label]! += 1;
  return counts;
};

/** Mean of every class's rows, [ways, dim]; 0 for a class without rows. */
export const classMeans = (features: Matrix, labels: Int32Array, ways: number): Matrix => {
  const sums = new Float64Array(ways * features.columns);
  const counts = countShots({ labels, ways });
  labels.forEach((label, i) => {
    const row = rowOf(features, i);
    for (let j = 0; j < row.length; j++) sums[label * row.length + j]! += row[j]!;
  });
  return matrix(
    ways,
    features.columns,
    Float32Array.from(sums, (sum, at) => sum / (counts[Math.floor(at / features.columns)]! || 1)),
  );
};

/** Mean of all rows. */
export const meanRow = (features: Matrix): Float32Array => classMeans(features, new Int32Array(features.rows), 1).data;

/** Rows transposed: [rows, columns] -> [columns, rows]. */
export const transposed = (m: Matrix): Matrix => {
  const out = matrix(m.columns, m.rows);
  for (let i = 0; i < m.rows; i++)
    for (let j = 0; j < m.columns; j++) out.data[j * m.rows + i] = m.data[i * m.columns + j]!;
  return out;
};

/**
 * The head that scores by nearness to one point a class: -|z - p|² without its part common to all classes, 2 z p - |p|².
 */
export const nearestPointHead = (points: Matrix, centre: Float32Array, unit: boolean): LinearHead => {
  const weights = transposed(points);
  for (let at = 0; at < weights.data.length; at++) weights.data[at]! *= 2;
  const bias = Float32Array.from({ length: points.rows }, (_, c) => -squareOf(rowOf(points, c)));
  return { centre, unit, weights, bias };
};

/**
 * Checks what every fit relies on.
 *
 * @throws dataError E_FEATURE_NAN naming the row; E_CLASS_EMPTY naming the class index; E_LABEL_RANGE
 */
export const checkSupport = ({ features, labels, ways }: Support): void => {
  let bad = 0;
  while (bad < features.data.length && Number.isFinite(features.data[bad])) bad++;
  if (bad < features.data.length)
    throw dataError("E_FEATURE_NAN", `row ${Math.floor(bad / features.columns)}: its features are not finite`, {
      hint: "Check the picture, or use another backbone.",
    });
  if (labels.length !== features.rows || labels.some((label) => label < 0 || label >= ways))
    throw dataError("E_LABEL_RANGE", `labels: wanted ${features.rows} class indices in 0 .. ${ways - 1}`);
  const empty = countShots({ labels, ways }).indexOf(0);
  if (empty >= 0)
    throw dataError("E_CLASS_EMPTY", `class ${empty} has no image to learn from`, {
      hint: "Add images, or leave the class out.",
    });
};

/** The support of a subset of rows. */
export const subsetOf = (support: Support, rows: Int32Array): Support => ({
  ...support,
  features: takeRows(support.features, rows),
  labels: Int32Array.from(rows, (row) => support.labels[row]!),
});

/** The emitter of a method that no graph can hold, as a graph answers every row alone. */
export const refuseGraph = (name: string) => (): never => {
  throw transductiveError(name);
};

/** What every image of the support says: its class's weight, 1 unless given, at its class, [images, ways]. */
export const ballotsOf = ({
  labels,
  ways,
  classWeights,
}: Pick<Support, "labels" | "ways" | "classWeights">): Matrix => {
  const out = matrix(labels.length, ways);
  labels.forEach((label, i) => (out.data[i * ways + label] = classWeights?.[label] ?? 1));
  return out;
};
