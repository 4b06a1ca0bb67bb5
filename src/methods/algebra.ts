import { CholeskyDecomposition, Matrix as MlMatrix } from "ml-matrix";
import { internalError } from "../base/errors.ts";
import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { openMatrixProduct } from "../runtime/matmul.ts";

/** Linear algebra that is worth handing to ONNX Runtime. */
export interface Algebra {
  /** `op(a) op(b)`, where op transposes when asked; -> [rows of op(a), columns of op(b)]. */
  multiply(a: Matrix, b: Matrix, transpose?: { readonly a?: boolean; readonly b?: boolean }): Promise<Matrix>;
}

/** Opens the algebra; must be closed. */
export const openAlgebra = (threads?: number): Algebra & { close(): Promise<void> } => openMatrixProduct(threads);

/** Largest block factored in place, in double precision. */
const BLOCK = 96;

/** A = L Lᵀ, with L lower triangular. */
export interface Factor {
  readonly lower: Matrix;
  /** L⁻¹ */
  readonly lowerInverse: Matrix;
}

const factorBlock = (m: Matrix): Factor | null => {
  const n = m.rows;
  const a = new MlMatrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      a.set(i, j, m.data[i * n + j]!);
      a.set(j, i, m.data[i * n + j]!);
    }
  const decomposition = new CholeskyDecomposition(a);
  if (!decomposition.isPositiveDefinite()) return null;
  const l = decomposition.lowerTriangularMatrix;
  const [lower, lowerInverse] = [matrix(n, n), matrix(n, n)];
  const columns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const scale = 1 / l.get(i, i);
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= l.get(i, k) * columns[k * n + j]!;
      columns[i * n + j] = sum * scale;
      lower.data[i * n + j] = l.get(i, j);
    }
  }
  lowerInverse.data.set(columns);
  return { lower, lowerInverse };
};

const block = (
  a: Matrix,
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Matrix => {
  const out = matrix(bottom - top, right - left);
  for (let i = top; i < bottom; i++) out.data.set(rowOf(a, i).subarray(left, right), (i - top) * out.columns);
  return out;
};

/** The lower triangle of blocks: first, beside it `second` below `corner`. */
const lowerBlocks = (first: Matrix, corner: Matrix, second: Matrix): Matrix => {
  const h = first.rows;
  const out = matrix(h + second.rows, h + second.rows);
  for (let i = 0; i < h; i++) out.data.set(rowOf(first, i), i * out.columns);
  for (let i = 0; i < second.rows; i++) {
    out.data.set(rowOf(corner, i), (h + i) * out.columns);
    out.data.set(rowOf(second, i), (h + i) * out.columns + h);
  }
  return out;
};

const negated = (m: Matrix): Matrix =>
  matrix(
    m.rows,
    m.columns,
    m.data.map((v) => -v),
  );

/**
 * Cholesky factor and its inverse of a symmetric positive definite matrix, single precision, by recursion on 2 x 2
 * blocks, so that nearly all of its work is matrix products; the smallest blocks are factored in double precision.
 *
 * @returns null when the matrix is not positive definite, or so nearly singular that single precision cannot tell
 */
export const factor = async (m: Matrix, algebra: Algebra): Promise<Factor | null> => {
  const n = m.rows;
  if (n <= BLOCK) return factorBlock(m);
  const h = n >> 1;
  const first = await factor(block(m, [0, h], [0, h]), algebra);
  if (!first) return null;
  const corner = await algebra.multiply(block(m, [h, n], [0, h]), first.lowerInverse, { b: true });
  const rest = block(m, [h, n], [h, n]);
  const taken = await algebra.multiply(corner, corner, { b: true });
  for (let i = 0; i < rest.data.length; i++) rest.data[i]! -= taken.data[i]!;
  const second = await factor(rest, algebra);
  if (!second) return null;
  const cornerInverse = await algebra.multiply(await algebra.multiply(second.lowerInverse, corner), first.lowerInverse);
  return {
    lower: lowerBlocks(first.lower, corner, second.lower),
    lowerInverse: lowerBlocks(first.lowerInverse, negated(cornerInverse), second.lowerInverse),
  };
};

/**
 * Inverse of a symmetric positive definite matrix, single precision.
 *
 * @throws E_INTERNAL when the matrix is not positive definite
 */
export const inverse = async (m: Matrix, algebra: Algebra): Promise<Matrix> => {
  const factored = await factor(m, algebra);
  if (!factored) throw internalError(`a [${m.rows}, ${m.columns}] matrix is not positive definite`);
  const { lowerInverse } = factored;
  return algebra.multiply(lowerInverse, lowerInverse, { a: true });
};
