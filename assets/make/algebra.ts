import { EigenvalueDecomposition, Matrix as Dense } from "ml-matrix";
import { matrix, rowOf, type Matrix } from "../../src/base/matrix.ts";
import type { Random } from "../../src/base/random.ts";
import { openMatrixProduct, type MatrixProduct } from "../../src/runtime/matmul.ts";

/** Products of matrices, on one thread so that the sums are always taken in the same order. */
export const openProduct = (): MatrixProduct => openMatrixProduct(1);

export const columnMeans = (m: Matrix): Float64Array => {
  const sums = new Float64Array(m.columns);
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    for (let j = 0; j < m.columns; j++) sums[j]! += row[j]!;
  }
  return sums.map((sum) => sum / m.rows);
};

/** Second moments of the rows after `prepare` (which fills a given row), summed in blocks: [columns, columns]. */
export const secondMoments = async (
  product: MatrixProduct,
  rows: number,
  columns: number,
  prepare: (row: number, out: Float32Array) => void,
): Promise<Float64Array> => {
  const block = 4096;
  const sum = new Float64Array(columns * columns);
  for (let from = 0; from < rows; from += block) {
    const part = matrix(Math.min(block, rows - from), columns);
    for (let i = 0; i < part.rows; i++) prepare(from + i, rowOf(part, i));
    const { data } = await product.multiply(part, part, { a: true });
    for (let i = 0; i < data.length; i++) sum[i]! += data[i]!;
  }
  return sum.map((x) => x / rows);
};

/** Eigenvalues (falling) and eigenvectors (as rows) of a symmetric matrix. */
export const symmetricEigen = (data: Float64Array, n: number): { values: number[]; vectors: Float64Array } => {
  const dense = Dense.from1DArray(n, n, data);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(dense, { assumeSymmetric: true });
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) vectors[i * n + j] = eigenvectorMatrix.get(j, n - 1 - i);
  return { values: [...realEigenvalues].reverse(), vectors };
};

/** L with L Lᵀ = a (lower triangle, row-major); `a` is overwritten. */
export const cholesky = (a: Float64Array, n: number): Float64Array => {
  for (let i = 0; i < n; i++) {
    const rowI = a.subarray(i * n, i * n + n);
    for (let j = 0; j <= i; j++) {
      const rowJ = a.subarray(j * n, j * n + n);
      let sum = rowI[j]!;
      for (let k = 0; k < j; k++) sum -= rowI[k]! * rowJ[k]!;
      if (i === j && sum <= 0) throw new RangeError(`cholesky: pivot ${i} is ${sum}`);
      rowI[j] = i === j ? Math.sqrt(sum) : sum / rowJ[j]!;
    }
  }
  return a;
};

/** Solves L x = b in place. */
export const forwardSolve = (lower: Float64Array, n: number, b: Float64Array): void => {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i * n + k]! * b[k]!;
    b[i] = sum / lower[i * n + i]!;
  }
};

/** Solves Lᵀ x = b in place. */
export const backwardSolve = (lower: Float64Array, n: number, b: Float64Array): void => {
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i]! / lower[i * n + i]!;
    b[i] = x;
    for (let k = 0; k < i; k++) b[k]! -= lower[i * n + k]! * x;
  }
};

/** Makes the rows orthonormal (Gram-Schmidt, twice). */
const orthonormalise = (m: Matrix): void => {
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = rowOf(m, j);
        let dot = 0;
        for (let k = 0; k < row.length; k++) dot += row[k]! * other[k]!;
        for (let k = 0; k < row.length; k++) row[k]! -= dot * other[k]!;
      }
    const length = Math.hypot(...row);
    for (let k = 0; k < row.length; k++) row[k]! /= length;
  }
};

/** The leading `count` eigenvectors (as rows) and eigenvalues of a big symmetric matrix, by subspace iteration. */
export const leadingEigen = async (
  product: MatrixProduct,
  data: Float64Array,
  n: number,
  options: { count: number; random: Random },
): Promise<{ values: number[]; vectors: Matrix }> => {
  const whole = matrix(n, n, Float32Array.from(data));
  let basis = matrix(Math.min(n, options.count + 24), n);
  for (let i = 0; i < basis.data.length; i++) basis.data[i] = options.random.normal();
  for (let turn = 0; turn < 12; turn++) {
    orthonormalise(basis);
    basis = await product.multiply(basis, whole);
  }
  orthonormalise(basis);
  const small = await product.multiply(await product.multiply(basis, whole), basis, { b: true });
  const { values, vectors } = symmetricEigen(Float64Array.from(small.data), basis.rows);
  const turned = await product.multiply(matrix(basis.rows, basis.rows, Float32Array.from(vectors)), basis);
  return {
    values: values.slice(0, options.count),
    vectors: matrix(options.count, n, turned.data.slice(0, options.count * n)),
  };
};
