/** Rows of numbers, row-major: features [images, dim], scores [queries, ways], probabilities [images, classes]. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** A matrix over `data`, or of zeros. */
export const matrix = (
  rows: number,
  columns: number,
  data: Float32Array = new Float32Array(rows * columns),
): Matrix => ({
  rows,
  columns,
  data,
});

/** A matrix from an array of rows of equal length. */
export const matrixOf = (rows: readonly (readonly number[])[]): Matrix =>
  matrix(rows.length, rows[0]?.length ?? 0, Float32Array.from(rows.flat()));

/** Row `i` as a view: writing to it writes to the matrix. */
export const rowOf = (m: Matrix, i: number): Float32Array => m.data.subarray(i * m.columns, (i + 1) * m.columns);

/** Rows `from` to `to - 1` as a view. */
export const rowsBetween = (m: Matrix, from: number, to: number): Matrix =>
  matrix(to - from, m.columns, m.data.subarray(from * m.columns, to * m.columns));

/** A new matrix of the rows named by `indices`, in that order. */
export const takeRows = (m: Matrix, indices: ArrayLike<number>): Matrix => {
  const out = matrix(indices.length, m.columns);
  for (let i = 0; i < indices.length; i++) out.data.set(rowOf(m, indices[i]!), i * m.columns);
  return out;
};

/** Matrices of as many columns one below the other, as a new one. */
export const stackRows = (parts: readonly Matrix[]): Matrix => {
  const out = matrix(
    parts.reduce((sum, part) => sum + part.rows, 0),
    parts[0]?.columns ?? 0,
  );
  let at = 0;
  for (const { data } of parts) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
};

/**
 * Gives the memory of a passing matrix back at once. The collector comes to large buffers late: between two of its
 * rounds dozens of megabytes of them lie about. The matrix, and every view of it, is empty from then on.
 */
export const release = ({ data }: Matrix): void => {
  (data.buffer as ArrayBuffer).transfer(0);
};

/** The index of the largest entry; the first of equals. */
export const argmax = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
};
