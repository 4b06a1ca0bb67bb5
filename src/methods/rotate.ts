import { matrix, type Matrix } from "../base/matrix.ts";
import { factor, type Algebra } from "./algebra.ts";

/** Features in as few columns as there are images, all inner products kept. */
export interface Rotated {
  readonly features: Matrix;
  /** Directions in the rotated space, [columns, k], as directions in the space the features came from, [dim, k]. */
  back(directions: Matrix): Promise<Matrix>;
}

/** Share of the mean squared length by which all images are told apart, so that copies do not make the factor singular. */
const JITTER = 1e-5;

/**
 * X Xᵀ = L Lᵀ, and L stands for X: heads that are blind to rotations come out the same at a fraction of the cost.
 * The way back is Q = Xᵀ L⁻ᵀ, whose columns are orthonormal. Where images are as many
 * as dimensions nothing is done, nor where so many are nearly copies that single precision cannot tell the factor.
 */
export const rotate = async (features: Matrix, algebra: Algebra): Promise<Rotated> => {
  const n = features.rows;
  const asTheyAre: Rotated = { features, back: async (directions) => directions };
  const gram = n < features.columns ? await algebra.multiply(features, features, { b: true }) : matrix(0, 0);
  let trace = 0;
  for (let i = 0; i < gram.rows; i++) trace += gram.data[i * n + i]!;
  if (!(trace > 0)) return asTheyAre;
  for (let i = 0; i < n; i++) gram.data[i * n + i]! += (JITTER * trace) / n;
  const factored = await factor(gram, algebra);
  if (!factored) return asTheyAre;
  const { lower, lowerInverse } = factored;
  return {
    features: lower,
    back: async (directions) =>
      algebra.multiply(features, await algebra.multiply(lowerInverse, directions, { a: true }), { a: true }),
  };
};
