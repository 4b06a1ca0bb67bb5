import type { Random } from "../base/random.ts";
import { floats, sizeOf, type Tensor } from "../graph/dtype.ts";

/** Draws the first value of a parameter. */
export type Initialiser = (shape: readonly number[], random: Random) => Tensor;

/**
 * Numbers that one output sums over and that one input feeds: weights lie as [out, in, …kernel] for convolutions and as
 * [in, out] for matrices.
 */
const fansOf = (shape: readonly number[]): { fanIn: number; fanOut: number } => {
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! };
  const taps = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * taps, fanOut: shape[0]! * taps };
};

const draw = (shape: readonly number[], next: () => number): Tensor =>
  floats(shape, Float32Array.from({ length: sizeOf(shape) }, next));

/** Normal with variance 2 / fan in: keeps variance through layers with ReLU. He et al. 2015, eq. 10. */
export const heNormal: Initialiser = (shape, random) => {
  const deviation = Math.sqrt(2 / fansOf(shape).fanIn);
  return draw(shape, () => deviation * random.normal());
};

/** Uniform with variance 2 / (fan in + fan out). Glorot and Bengio 2010, eq. 16. */
export const glorotUniform: Initialiser = (shape, random) => {
  const { fanIn, fanOut } = fansOf(shape);
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return draw(shape, () => limit * (2 * random.uniform() - 1));
};

/** Normal with mean 0 and a given deviation. */
export const normalInitial =
  (deviation: number): Initialiser =>
  (shape, random) =>
    draw(shape, () => deviation * random.normal());

/** The same number everywhere. */
export const constantInitial =
  (value: number): Initialiser =>
  (shape) =>
    draw(shape, () => value);

export const zerosInitial = constantInitial(0);
export const onesInitial = constantInitial(1);
