import { internalError } from "../base/errors.ts";

/** A symmetric positive definite system, as what it does to a vector. */
export interface LinearSystem {
  /** `to` = A `x`. */
  apply(x: Float64Array, to: Float64Array): void;
  /** Diagonal of A, > 0: divides the residual before each step (Jacobi). */
  readonly diagonal: Float64Array;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** `to` += scale x `by`. */
const addScaled = (to: Float64Array, scale: number, by: Float64Array): void => {
  for (let i = 0; i < to.length; i++) to[i]! += scale * by[i]!;
};

/** Residual, in parts of the right side's length, at which a solution is good enough. */
const TOLERANCE = 1e-8;
const STEPS = 5000;

/**
 * Solves A x = b by preconditioned conjugate gradients, to a residual of 1e-8 |b|.
 *
 * @throws internal error when 5000 steps do not get there, or A is not positive definite
 * @see Hestenes & Stiefel 1952; Saad 2003, Iterative methods for sparse linear systems, algorithm 9.1
 */
export const solveSparse = ({ apply, diagonal }: LinearSystem, b: Float64Array): Float64Array => {
  const x = new Float64Array(b.length);
  const residual = b.slice();
  const wanted = TOLERANCE * Math.sqrt(dot(b, b));
  let preconditioned = residual.map((r, i) => r / diagonal[i]!);
  const direction = preconditioned.slice();
  const moved = new Float64Array(b.length);
  let along = dot(residual, preconditioned);
  for (let step = 0; step < STEPS; step++) {
    if (Math.sqrt(dot(residual, residual)) <= wanted) return x;
    apply(direction, moved);
    const curvature = dot(direction, moved);
    if (!(curvature > 0)) throw internalError("conjugate gradients: the matrix is not positive definite");
    const length = along / curvature;
    addScaled(x, length, direction);
    addScaled(residual, -length, moved);
    preconditioned = residual.map((r, i) => r / diagonal[i]!);
    const next = dot(residual, preconditioned);
    const keep = next / along;
    for (let i = 0; i < direction.length; i++) direction[i] = preconditioned[i]! + keep * direction[i]!;
    along = next;
  }
  throw internalError(`conjugate gradients: no solution within ${STEPS} steps`);
};
