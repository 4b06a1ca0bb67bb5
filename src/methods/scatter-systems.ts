import { matrix, release, rowOf, type Matrix } from "../base/matrix.ts";
import { inverse, type Algebra } from "./algebra.ts";

/**
 * How a subset of rows sees the features: z_i = weight_i (x_i - origin). A weight of 0 leaves the row out; all others
 * 1 is plain features, 1 / |x_i - origin| is features scaled to length 1.
 */
export interface Frame {
  readonly origin: Float64Array;
  readonly weights: Float32Array;
}

/**
 * Many linear systems in the scatter matrices of subsets of one set of features.
 *
 * System j reads (Zⱼᵀ C Zⱼ + λⱼ I) Bⱼ = Rⱼ, where Zⱼ are the rows of subset j in its frame and C takes away the mean of
 * every stratum (one stratum: total scatter; one a class: scatter within classes). With importances D the system reads
 * Zⱼᵀ D C Zⱼ, C taking weighted means away.
 */
export interface ScatterSystems {
  /** [n, d], roughly centred. */
  readonly features: Matrix;
  readonly frames: readonly Frame[];
  /** Stratum of every row, 0 .. */
  readonly strata: Int32Array;
  /** How much every row counts, > 0, [n]; absent: all alike. Means are weighted by it, and so are products of rows. */
  readonly importance?: Float32Array | undefined;
  /** λⱼ > 0, in the scale of the scatter. */
  readonly shifts: readonly number[];
  /** Rⱼ side by side, [d, systems x width]. */
  readonly rightSides: Matrix;
}

const TOLERANCE = 1e-5;
const MAX_STEPS = 200;

/** Zⱼ Vⱼ for all subsets side by side: [d, systems x width] -> [n, systems x width]; 0 on rows left out. */
export const project = async (
  features: Matrix,
  frames: readonly Frame[],
  v: Matrix,
  algebra: Algebra,
): Promise<Matrix> => {
  const out = await algebra.multiply(features, v);
  const width = v.columns / frames.length;
  const shift = new Float64Array(v.columns);
  for (let i = 0, at = 0; i < v.rows; i++)
    for (const { origin } of frames)
      for (let c = 0; c < width; c++, at++) shift[at % v.columns]! += origin[i]! * v.data[at]!;
  for (let i = 0, at = 0; i < out.rows; i++)
    for (let j = 0; j < frames.length; j++) {
      const weight = frames[j]!.weights[i]!;
      for (let c = 0; c < width; c++, at++) out.data[at] = weight * (out.data[at]! - shift[j * width + c]!);
    }
  return out;
};

/** Zⱼᵀ Uⱼ for all subsets side by side: [n, systems x width] -> [d, systems x width]. Changes `u`. */
export const projectBack = async (
  features: Matrix,
  frames: readonly Frame[],
  u: Matrix,
  algebra: Algebra,
): Promise<Matrix> => {
  const width = u.columns / frames.length;
  const sums = new Float64Array(u.columns);
  for (let i = 0, at = 0; i < u.rows; i++)
    for (let j = 0; j < frames.length; j++) {
      const weight = frames[j]!.weights[i]!;
      for (let c = 0; c < width; c++, at++) sums[j * width + c]! += u.data[at]! *= weight;
    }
  const out = await algebra.multiply(features, u, { a: true });
  for (let i = 0, at = 0; i < out.rows; i++)
    for (let j = 0; j < frames.length; j++) {
      const origin = frames[j]!.origin[i]!;
      for (let c = 0; c < width; c++, at++) out.data[at]! -= origin * sums[j * width + c]!;
    }
  return out;
};

/** Takes the mean of every stratum away, subset by subset, and weighs rows by importance, in place; rows left out stay 0. */
const centreStrata = (
  u: Matrix,
  { frames, strata, importance }: Pick<ScatterSystems, "frames" | "strata" | "importance">,
): Matrix => {
  const width = u.columns / frames.length;
  const count = strata.reduce((most, s) => Math.max(most, s + 1), 0);
  const sums = new Float64Array(count * u.columns);
  const sizes = new Float64Array(count * frames.length);
  for (let i = 0, at = 0; i < u.rows; i++) {
    const worth = importance?.[i] ?? 1;
    for (let j = 0; j < frames.length; j++) {
      if (frames[j]!.weights[i] !== 0) sizes[strata[i]! * frames.length + j]! += worth;
      for (let c = 0; c < width; c++, at++) sums[strata[i]! * u.columns + j * width + c]! += worth * u.data[at]!;
    }
  }
  for (let i = 0, at = 0; i < u.rows; i++) {
    const worth = importance?.[i] ?? 1;
    for (let j = 0; j < frames.length; j++) {
      const inside = frames[j]!.weights[i] !== 0;
      const size = sizes[strata[i]! * frames.length + j]!;
      for (let c = 0; c < width; c++, at++)
        if (inside) u.data[at] = worth * (u.data[at]! - sums[strata[i]! * u.columns + j * width + c]! / size);
    }
  }
  return u;
};

/** Inner products of the columns of a and b. */
const columnDots = (a: Matrix, b: Matrix): Float64Array => {
  const out = new Float64Array(a.columns);
  for (let i = 0, at = 0; i < a.rows; i++)
    for (let c = 0; c < a.columns; c++, at++) out[c]! += a.data[at]! * b.data[at]!;
  return out;
};

/** a + sign b diag(factors), in place of a. */
const addScaled = (a: Matrix, b: Matrix, factors: Float64Array, sign = 1): void => {
  for (let i = 0, at = 0; i < a.rows; i++)
    for (let c = 0; c < a.columns; c++, at++) a.data[at]! += sign * factors[c]! * b.data[at]!;
};

/** What the frames have in common: the same kind of weights for all rows, about the mean of all. */
const commonRows = (features: Matrix, frames: readonly Frame[]): Matrix => {
  const out = matrix(features.rows, features.columns, features.data.slice());
  for (let i = 0; i < out.rows; i++) {
    const weights = frames.map((frame) => frame.weights[i]!).filter((w) => w > 0);
    const weight = weights.length > 0 ? weights.reduce((sum, w) => sum + w, 0) / weights.length : 0;
    const row = rowOf(out, i);
    for (let k = 0; k < row.length; k++) row[k]! *= weight;
  }
  return out;
};

/** (share Zᵀ C Z + λ I)⁻¹ over all rows, weighted by importance: what every subset's inverse resembles. */
export const sharedInverse = async (
  { features, frames, strata, importance }: Pick<ScatterSystems, "features" | "frames" | "strata" | "importance">,
  { shift, share }: { readonly shift: number; readonly share: number },
  algebra: Algebra,
): Promise<Matrix> => {
  const rows = commonRows(features, frames);
  const all: Frame = { origin: new Float64Array(0), weights: new Float32Array(rows.rows).fill(1) };
  centreStrata(rows, { frames: [all], strata, importance });
  if (importance)
    for (let i = 0; i < rows.rows; i++) {
      const root = Math.sqrt(importance[i]!); // both sides of the product get one
      const row = rowOf(rows, i);
      for (let k = 0; k < row.length; k++) row[k]! /= root;
    }
  const scatter = await algebra.multiply(rows, rows, { a: true });
  release(rows);
  for (let i = 0; i < scatter.data.length; i++) scatter.data[i]! *= share;
  for (let i = 0; i < scatter.rows; i++) scatter.data[i * scatter.rows + i]! += shift;
  return inverse(scatter, algebra);
};

/** Mean share of the rows that subsets hold. */
export const shareOf = (frames: readonly Frame[]): number =>
  frames.reduce((sum, { weights }) => sum + weights.reduce((n, w) => n + (w > 0 ? 1 : 0), 0) / weights.length, 0) /
  frames.length;

export const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/**
 * Solves all systems together: conjugate gradients in lockstep, preconditioned by the inverse of the whole set's
 * scatter, so that a few steps of large matrix products do for all subsets; relative residual 1e-5.
 *
 * @returns the Bⱼ side by side, [d, systems x width]
 * @see Golub & Van Loan, Matrix Computations, 4th ed., algorithm 11.5.1 (preconditioned conjugate gradients)
 */
export const solveScatterSystems = async (systems: ScatterSystems, algebra: Algebra): Promise<Matrix> => {
  const { features, frames, shifts, rightSides } = systems;
  const columns = rightSides.columns;
  const lambda = Float64Array.from({ length: columns }, (_, c) => shifts[Math.floor((c * frames.length) / columns)]!);
  const guess = await sharedInverse(systems, { shift: mean(shifts), share: shareOf(frames) }, algebra);
  const apply = async (v: Matrix): Promise<Matrix> => {
    const rows = centreStrata(await project(features, frames, v, algebra), systems);
    const out = await projectBack(features, frames, rows, algebra);
    release(rows);
    addScaled(out, v, lambda);
    return out;
  };
  const solution = await algebra.multiply(guess, rightSides);
  const residual = matrix(rightSides.rows, columns, rightSides.data.slice());
  addScaled(residual, await apply(solution), new Float64Array(columns).fill(1), -1);
  const limit = columnDots(rightSides, rightSides).map((r) => r * TOLERANCE ** 2);
  let direction: Matrix | null = null;
  let previous = new Float64Array(columns);
  for (let step = 0; step < MAX_STEPS; step++) {
    if (columnDots(residual, residual).every((r, c) => r <= limit[c]!)) break;
    const z = await algebra.multiply(guess, residual);
    const rz = columnDots(residual, z);
    if (direction)
      addScaled(
        z,
        direction,
        rz.map((r, c) => (previous[c]! > 0 ? r / previous[c]! : 0)),
      );
    direction = z;
    previous = Float64Array.from(rz);
    const product = await apply(direction);
    const curvature = columnDots(direction, product);
    const alpha = rz.map((r, c) => (curvature[c]! > 0 ? r / curvature[c]! : 0));
    addScaled(solution, direction, alpha);
    addScaled(residual, product, alpha, -1);
  }
  return solution;
};
