import { matrix, rowOf, type Matrix } from "../../src/base/matrix.ts";
import type { Random } from "../../src/base/random.ts";
import type { MatrixProduct } from "../../src/runtime/matmul.ts";
import {
  backwardSolve,
  cholesky,
  columnMeans,
  forwardSolve,
  leadingEigen,
  secondMoments,
  symmetricEigen,
} from "./algebra.ts";

/** y = rows · x + offset: rows [outputs, inputs]. */
export interface Affine {
  readonly rows: Matrix;
  readonly offset: Float32Array;
}

const classMeans = (codes: Matrix, labels: ArrayLike<number>, classes: number): Matrix => {
  const sums = new Float64Array(classes * codes.columns);
  const counts = new Float64Array(classes);
  for (let i = 0; i < codes.rows; i++) {
    const row = rowOf(codes, i);
    const at = labels[i]! * codes.columns;
    counts[labels[i]!]!++;
    for (let j = 0; j < row.length; j++) sums[at + j]! += row[j]!;
  }
  return matrix(
    classes,
    codes.columns,
    Float32Array.from(sums, (sum, k) => sum / counts[Math.floor(k / codes.columns)]!),
  );
};

const affine = (rows: Matrix, mean: ArrayLike<number>): Affine => ({
  rows,
  offset: Float32Array.from(
    { length: rows.rows },
    (_, i) => -rowOf(rows, i).reduce((sum, w, j) => sum + w * mean[j]!, 0),
  ),
});

/** Covariance of the codes about their class's mean, `shrink` of its trace spread evenly over the diagonal. */
const withinCovariance = async (
  product: MatrixProduct,
  codes: Matrix,
  labels: ArrayLike<number>,
  options: { means: Matrix; shrink: number },
): Promise<Float64Array> => {
  const { means, shrink } = options;
  const n = codes.columns;
  const within = await secondMoments(product, codes.rows, n, (i, out) => {
    const row = rowOf(codes, i);
    const mean = rowOf(means, labels[i]!);
    for (let j = 0; j < n; j++) out[j] = row[j]! - mean[j]!;
  });
  let trace = 0;
  for (let j = 0; j < n; j++) trace += within[j * n + j]!;
  for (let k = 0; k < within.length; k++) within[k]! *= 1 - shrink;
  for (let j = 0; j < n; j++) within[j * n + j]! += (shrink * trace) / n;
  return within;
};

/**
 * Linear discriminants with a shrunk within-class covariance, each scaled by how much of its variance tells classes
 * apart: direction i, with variance s²ᵢ between class means for a variance of 1 within classes, is multiplied by
 * (s²ᵢ / (1 + s²ᵢ))^power.
 *
 * @param options.shrink  share of the average variance put on the diagonal of the within-class covariance
 * @returns classes - 1 discriminants
 */
export const discriminants = async (
  product: MatrixProduct,
  codes: Matrix,
  labels: ArrayLike<number>,
  options: { classes: number; shrink: number; power: number },
): Promise<Affine> => {
  const { classes, shrink, power } = options;
  const n = codes.columns;
  const means = classMeans(codes, labels, classes);
  const lower = cholesky(await withinCovariance(product, codes, labels, { means, shrink }), n);
  const overall = columnMeans(means);
  const whitened = matrix(classes, n);
  for (let c = 0; c < classes; c++) {
    const column = Float64Array.from(rowOf(means, c), (x, j) => (x - overall[j]!) / Math.sqrt(classes));
    forwardSolve(lower, n, column);
    rowOf(whitened, c).set(column);
  }
  // The singular vectors of the whitened class means B come from the small matrix B Bᵀ.
  const { data } = await product.multiply(whitened, whitened, { b: true });
  const { values, vectors } = symmetricEigen(Float64Array.from(data), classes);
  const rows = matrix(classes - 1, n);
  for (let k = 0; k < rows.rows; k++) {
    const variance = values[k]!;
    const direction = new Float64Array(n);
    for (let c = 0; c < classes; c++) {
      const weight = vectors[k * classes + c]! / Math.sqrt(variance);
      const row = rowOf(whitened, c);
      for (let j = 0; j < n; j++) direction[j]! += weight * row[j]!;
    }
    backwardSolve(lower, n, direction);
    const gain = (variance / (1 + variance)) ** power;
    rowOf(rows, k).set(direction.map((x) => x * gain));
  }
  return affine(rows, overall);
};

/**
 * Principal components, each divided by sqrt(its variance + ridge × the largest variance).
 */
export const principalComponents = async (
  product: MatrixProduct,
  codes: Matrix,
  options: { count: number; ridge: number; random: Random },
): Promise<Affine> => {
  const n = codes.columns;
  const mean = columnMeans(codes);
  const total = await secondMoments(product, codes.rows, n, (i, out) => {
    const row = rowOf(codes, i);
    for (let j = 0; j < n; j++) out[j] = row[j]! - mean[j]!;
  });
  const { values, vectors } = await leadingEigen(product, total, n, options);
  vectors.data.forEach((x, k) => {
    const variance = values[Math.floor(k / n)]!;
    vectors.data[k] = x / Math.sqrt(variance + options.ridge * values[0]!);
  });
  return affine(vectors, mean);
};

/** Outputs of an affine map, [rows, outputs]. */
const project = async (product: MatrixProduct, codes: Matrix, { rows, offset }: Affine): Promise<Matrix> => {
  const out = await product.multiply(codes, rows, { b: true });
  for (let i = 0; i < out.rows; i++) {
    const row = rowOf(out, i);
    for (let j = 0; j < row.length; j++) row[j]! += offset[j]!;
  }
  return out;
};

/** The map, scaled so that the squared length of its outputs is `length`² on average over `codes`. */
export const scaledTo = async (product: MatrixProduct, codes: Matrix, map: Affine, length: number): Promise<Affine> => {
  const outputs = await project(product, codes, map);
  const energy = outputs.data.reduce((sum, x) => sum + x * x, 0) / codes.rows;
  const scale = length / Math.sqrt(energy);
  const { rows, offset } = map;
  return {
    rows: matrix(
      rows.rows,
      rows.columns,
      rows.data.map((w) => w * scale),
    ),
    offset: offset.map((w) => w * scale),
  };
};
