import { createRandom } from "../../../src/base/random.ts";
import { floats, ints, sizeOf, tensorOf, type Tensor } from "../../../src/graph/dtype.ts";
import type { Graph, Value } from "../../../src/graph/graph.ts";

/** One line of the table of operators: what is built from which inputs. */
export interface OpCase {
  /** ONNX name of the operator that the case is about. */
  readonly type: string;
  readonly build: (g: Graph, ...inputs: Value[]) => Value | readonly Value[];
  readonly inputs: readonly Tensor[];
  /** How often the case can be differentiated; default 2. */
  readonly order?: 0 | 1 | 2;
}

/** A line of the table. */
export const row = (type: string, build: OpCase["build"], inputs: readonly Tensor[], order: 0 | 1 | 2 = 2): OpCase => ({
  type,
  build,
  inputs,
  order,
});

const filled = (shape: readonly number[], name: string, number: (u: number, i: number) => number): Tensor => {
  const random = createRandom(`${name}${shape}`);
  return floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => number(random.uniform(), i)),
  );
};

/** Floats in [-2, -0.2] and [0.2, 2]: off a kink at 0. `seed` tells inputs of the same shape apart. */
export const f = (shape: readonly number[], seed = ""): Tensor =>
  filled(shape, seed, (u) => (u < 0.5 ? -1 : 1) * (0.2 + 1.8 * ((2 * u) % 1)));

/** Floats in [low, high]. */
export const within = (low: number, high: number, shape: readonly number[], seed = ""): Tensor =>
  filled(shape, seed, (u) => low + (high - low) * u);

/** Floats at least 0.2 apart from each other, in no order. */
export const apart = (shape: readonly number[], seed = ""): Tensor => {
  const size = sizeOf(shape);
  const random = createRandom(`apart${seed}${shape}`);
  const order = Array.from({ length: size }, (_, i) => ({ i, u: random.uniform() })).sort((a, b) => a.u - b.u);
  return floats(
    shape,
    order.map(({ i }) => 0.25 * (i - size / 2) + 0.1),
  );
};

/** Whole numbers. */
export const i = (numbers: readonly number[], shape?: readonly number[]): Tensor => ints(numbers, shape);

/** Yes or no. */
export const b = (numbers: readonly number[], shape: readonly number[] = [numbers.length]): Tensor =>
  tensorOf("bool", shape, numbers);
