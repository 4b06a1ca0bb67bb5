import { matrix, rowOf, type Matrix } from "../../src/base/matrix.ts";
import type { Random } from "../../src/base/random.ts";
import type { MatrixProduct } from "../../src/runtime/matmul.ts";
import { columnMeans, secondMoments, symmetricEigen } from "./algebra.ts";

/** Maps [count, channels, side, side]. */
export interface Maps {
  readonly count: number;
  readonly channels: number;
  readonly side: number;
  readonly data: Float32Array;
}

/** `count` random square patches, each [channels, patch, patch] in one row. */
export const samplePatches = (maps: Maps, patch: number, count: number, random: Random): Matrix => {
  const { channels, side, data } = maps;
  const out = matrix(count, channels * patch * patch);
  for (let i = 0, o = 0; i < count; i++) {
    const image = random.integer(maps.count);
    const top = random.integer(side - patch + 1);
    const left = random.integer(side - patch + 1);
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < patch; y++) {
        const from = ((image * channels + c) * side + top + y) * side + left;
        for (let x = 0; x < patch; x++) out.data[o++] = data[from + x]!;
      }
  }
  return out;
};

const normaliseRows = (m: Matrix): void => {
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    const length = Math.hypot(...row) || 1;
    for (let j = 0; j < row.length; j++) row[j]! /= length;
  }
};

/** One turn of gain-shape k-means: each row goes to the atom of largest |dot product|; atoms become weighted sums. */
const updateAtoms = async (product: MatrixProduct, rows: Matrix, atoms: Matrix, random: Random): Promise<Matrix> => {
  const next = matrix(atoms.rows, atoms.columns);
  const used = new Uint8Array(atoms.rows);
  const block = 8192;
  for (let from = 0; from < rows.rows; from += block) {
    const size = Math.min(block, rows.rows - from);
    const part = matrix(size, rows.columns, rows.data.subarray(from * rows.columns, (from + size) * rows.columns));
    const dots = await product.multiply(part, atoms, { b: true });
    for (let i = 0; i < size; i++) {
      const row = rowOf(dots, i);
      let best = 0;
      for (let j = 1; j < row.length; j++) if (Math.abs(row[j]!) > Math.abs(row[best]!)) best = j;
      used[best] = 1;
      const patch = rowOf(part, i);
      const target = rowOf(next, best);
      for (let j = 0; j < patch.length; j++) target[j]! += row[best]! * patch[j]!;
    }
  }
  used.forEach((isUsed, j) => {
    if (!isUsed) rowOf(next, j).set(rowOf(rows, random.integer(rows.rows)));
  });
  normaliseRows(next);
  return next;
};

/** Rows that hold patches [channels, patch, patch], each turned left to right. */
export const mirrorPatches = (rows: Matrix, patch: number): Matrix => {
  const out = matrix(rows.rows, rows.columns);
  for (let k = 0; k < out.data.length; k++) {
    const x = k % patch;
    out.data[k] = rows.data[k - x + patch - 1 - x]!;
  }
  return out;
};

/** The rows of two matrices, one below the other. */
const below = (a: Matrix, b: Matrix): Matrix => {
  const out = matrix(a.rows + b.rows, a.columns);
  out.data.set(a.data);
  out.data.set(b.data, a.data.length);
  return out;
};

/** Filters as a convolution wants them: weights [filters, channels * patch * patch] and a bias each. */
export interface Dictionary {
  readonly weights: Matrix;
  readonly bias: Float32Array;
}

/**
 * A dictionary for whitened patches, as filters for patches that are not whitened.
 *
 * Patches x become W (x - m) with W = V (Λ + εI)^-1/2 Vᵀ (ZCA); atoms D of unit length come from gain-shape k-means
 * (OMP-1); the code of a patch is max(0, D W (x - m) - α). Atom `filters / 2 + i` is the mirror image of atom i, so
 * that the code of a mirrored picture is the code of the picture in another order.
 *
 * @param options.ridge  ε above, in units of the patches' variance
 * @param options.threshold  α above
 * @see Coates & Ng 2011, "The importance of encoding versus training with sparse coding and vector quantization"
 */
export const learnDictionary = async (
  product: MatrixProduct,
  sampled: Matrix,
  options: { patch: number; filters: number; ridge: number; threshold: number; turns: number; random: Random },
): Promise<Dictionary> => {
  const patches = below(sampled, mirrorPatches(sampled, options.patch));
  const n = patches.columns;
  const mean = columnMeans(patches);
  const centred = (i: number, out: Float32Array): void => {
    const row = rowOf(patches, i);
    for (let j = 0; j < n; j++) out[j] = row[j]! - mean[j]!;
  };
  const { values, vectors } = symmetricEigen(await secondMoments(product, patches.rows, n, centred), n);
  const whitener = matrix(n, n);
  for (let k = 0; k < n; k++) {
    const scale = 1 / Math.sqrt(Math.max(values[k]!, 0) + options.ridge);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) whitener.data[i * n + j]! += scale * vectors[k * n + i]! * vectors[k * n + j]!;
  }
  const shifted = matrix(patches.rows, n);
  for (let i = 0; i < patches.rows; i++) centred(i, rowOf(shifted, i));
  const white = await product.multiply(shifted, whitener);
  let atoms = matrix(options.filters / 2, n);
  for (let i = 0; i < atoms.data.length; i++) atoms.data[i] = options.random.normal();
  normaliseRows(atoms);
  for (let turn = 0; turn < options.turns; turn++) atoms = await updateAtoms(product, white, atoms, options.random);
  const half = await product.multiply(atoms, whitener);
  const weights = below(half, mirrorPatches(half, options.patch));
  const bias = new Float32Array(options.filters);
  for (let i = 0; i < bias.length; i++)
    bias[i] = -rowOf(weights, i).reduce((sum, w, j) => sum + w * mean[j]!, 0) - options.threshold;
  return { weights, bias };
};
