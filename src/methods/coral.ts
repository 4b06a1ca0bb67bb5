import { EigenvalueDecomposition, Matrix as MlMatrix } from "ml-matrix";
import { dataError, optionError } from "../base/errors.ts";
import { matrix, type Matrix } from "../base/matrix.ts";
import type { Algebra } from "./algebra.ts";
import { meanRow, transformed } from "./few-shot/_shared.ts";

export interface CoralOptions {
  /**
   * What is added to every direction's variance before roots are taken, > 0: in units of the mean variance of a
   * direction, so that scale does not matter. 1 is the paper's, whose features have unit variance.
   */
  readonly shrinkage: number;
}

/** Where the rows of one place lie, and how they spread: C + λ I in its eigenvectors. */
interface Spread {
  readonly mean: Float32Array;
  /** Rows minus the mean. */
  readonly centred: Matrix;
  /** Orthonormal, in columns: [dim, k]; C has no variance in other directions. */
  readonly axes: Matrix;
  /** Variance along each axis, without λ. */
  readonly variances: Float64Array;
  readonly lambda: number;
}

/** Share of the largest variance below which a direction has none: what single precision leaves of a zero. */
const NOTHING = 1e-6;

const eigenOf = (m: Matrix): { readonly values: number[]; readonly vectors: MlMatrix } => {
  const a = new MlMatrix(m.rows, m.rows);
  // both triangles are the same but for rounding, which must not make the matrix look asymmetric
  for (let i = 0; i < m.rows; i++)
    for (let j = 0; j <= i; j++) {
      a.set(i, j, m.data[i * m.rows + j]!);
      a.set(j, i, m.data[i * m.rows + j]!);
    }
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(a, {
    assumeSymmetric: true,
  });
  return { values, vectors };
};

/**
 * Mean, axes and variances. Of fewer rows than dimensions from the rows' inner products: X Xᵀ = U E Uᵀ has the axes
 * Xᵀ U E^-½, so that the work is bounded by the smaller of both numbers.
 */
const spreadOf = async (features: Matrix, { shrinkage }: CoralOptions, algebra: Algebra): Promise<Spread> => {
  const { rows, columns } = features;
  const mean = meanRow(features);
  const centred = transformed(features, mean, false);
  const wide = rows < columns;
  const { values, vectors } = eigenOf(await algebra.multiply(centred, centred, wide ? { b: true } : { a: true }));
  const most = Math.max(...values);
  const kept = values.flatMap((value, k) => (value > NOTHING * most ? [k] : []));
  const chosen = matrix(values.length, kept.length);
  for (let i = 0; i < values.length; i++)
    kept.forEach((k, at) => {
      chosen.data[i * kept.length + at] = vectors.get(i, k) / (wide ? Math.sqrt(values[k]!) : 1);
    });
  const axes = wide ? await algebra.multiply(centred, chosen, { a: true }) : chosen;
  const variances = Float64Array.from(kept, (k) => values[k]! / (rows - 1));
  const lambda = (shrinkage * variances.reduce((sum, v) => sum + v, 0)) / columns;
  return { mean, centred, axes, variances, lambda };
};

/** X (C + λ I)^power = λ^power X + X V ((E + λ)^power - λ^power) Vᵀ. */
const timesPower = async (
  x: Matrix,
  { axes, variances, lambda }: Spread,
  power: number,
  algebra: Algebra,
): Promise<Matrix> => {
  const rest = lambda ** power;
  const along = await algebra.multiply(x, axes);
  const factors = variances.map((variance) => (variance + lambda) ** power - rest);
  for (let i = 0; i < along.data.length; i++) along.data[i]! *= factors[i % factors.length]!;
  const out = await algebra.multiply(along, axes, { b: true });
  for (let i = 0; i < out.data.length; i++) out.data[i]! += rest * x.data[i]!;
  return out;
};

const check = (where: string, { rows, data }: Matrix): void => {
  const [first, ...others] = Array.from({ length: rows }, (_, i) => i * (data.length / rows));
  const width = data.length / rows;
  const alike = others.every((at) => data.subarray(at, at + width).every((v, j) => v === data[first! + j]));
  if (rows < 2 || alike)
    throw dataError("E_TOO_FEW", `${where}: wanted two unlike photos or more to tell how they spread, got ${rows}`, {
      hint: "Add photos.",
    });
};

/**
 * Source features as they would lie in the target: whitened by their own covariance, coloured by the target's, and moved
 * to the target's mean. A head fitted on them takes target features as they are. No label is looked at.
 *
 * X' = (X - x̄) (C_s + λ_s I)^-½ (C_t + λ_t I)^½ + t̄. Right as far as the target shows the same things in about the
 * same shares; where shares differ, classes are moved onto each other.
 * Differs from the paper: means are aligned too, which the paper does by normalising features first; and λ follows the
 * features' scale.
 * @param source  [photos, dim]
 * @param target  [photos, dim]
 * @returns [source photos, dim]
 * @throws E_TOO_FEW when either has fewer than two unlike rows; E_OPTION for shrinkage of 0 or less
 * @see Sun, Feng & Saenko 2016, algorithm 1. https://arxiv.org/abs/1511.05547
 */
export const coral = async (
  source: Matrix,
  target: Matrix,
  options: CoralOptions,
  algebra: Algebra,
): Promise<Matrix> => {
  if (!(options.shrinkage > 0)) throw optionError(`shrinkage: wanted a number above 0, got ${options.shrinkage}`);
  check("source", source);
  check("target", target);
  const [from, to] = [await spreadOf(source, options, algebra), await spreadOf(target, options, algebra)];
  const white = await timesPower(from.centred, from, -0.5, algebra);
  const out = await timesPower(white, to, 0.5, algebra);
  for (let i = 0; i < out.data.length; i++) out.data[i]! += to.mean[i % out.columns]!;
  return out;
};
