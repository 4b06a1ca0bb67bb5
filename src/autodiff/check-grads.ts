import type { Random } from "../base/random.ts";
import { isFloat, numbersOf, sizeOf, tensorOf, type Tensor } from "../graph/dtype.ts";
import { Graph, shapeOf, type Value } from "../graph/graph.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { mul } from "../ops/mul.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { grad } from "./grad.ts";

/** A function to check: what to build from the inputs, and inputs that stay off its kinks by `10 * step`. */
export interface GradientCase {
  readonly build: (g: Graph, inputs: readonly Value[]) => Value | readonly Value[];
  /** Gradients are checked for those of float type; the others become constants. */
  readonly inputs: readonly Tensor[];
}

export interface GradientCheck {
  /** Loads a graph for running, as `openSession` does with an exported graph. */
  readonly open: (g: Graph) => Promise<Runnable>;
  readonly random: Random;
  /** 2 (default): also gradients of gradients. */
  readonly order?: 1 | 2;
  /** Length of the finite-difference step on each element, about; default 0.01. */
  readonly step?: number;
}

interface Runnable {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  close(): Promise<void>;
}

/**
 * Compares gradients with finite differences along a random direction, so that the cost does not grow with size.
 *
 * The outputs are summed with random weights; the slope of that sum along direction d is (4 D(h) - D(2h)) / 3, where
 * D(h) is the central difference (Richardson), and should be the gradient's product with d.
 * @returns for each order, |slope - gradient · d| / max(|gradient|, |slope|): about 1e-4 or less in float32 when right
 */
export const checkGrads = async (
  { build, inputs }: GradientCase,
  { open, random, order = 2, step = 0.01 }: GradientCheck,
): Promise<number[]> => {
  const g = new Graph("check");
  const xs = inputs.map((t, i) => (isFloat(t.dtype) ? g.input(`x${i}`, t.dtype, t.shape) : g.constant(t, `x${i}`)));
  const free = xs.filter((x) => !x.constant);
  const built = build(g, xs);
  let values = ("producer" in built ? [built] : [...built]).filter((y) => isFloat(y.dtype));
  const errors: number[] = [];
  const point = new Map(xs.map((x, i) => [x, inputs[i]!] as const));
  for (let level = 1; level <= order; level++) {
    const weights = values.map((y) => normals(y, random));
    const terms = values.map((y, i) =>
      cast(g, reduceSum(g, mul(g, y, g.constant(weights[i]!)), { keepdims: 0 }), "float32"),
    );
    const sum = terms.reduce((a, b) => add(g, a, b));
    const gradients = grad(g, sum, free);
    g.outputs.length = 0;
    g.outputs.push(...new Set([...values, ...gradients].filter((v) => v.producer)));
    if (g.outputs.length > 0)
      errors.push(await slopeError(await open(g), { point, free, values, weights, gradients, random, step }));
    values = gradients;
  }
  return errors;
};

interface Slope {
  readonly point: ReadonlyMap<Value, Tensor>;
  readonly free: readonly Value[];
  readonly values: readonly Value[];
  readonly weights: readonly Tensor[];
  readonly gradients: readonly Value[];
  readonly random: Random;
  readonly step: number;
}

const slopeError = async (session: Runnable, s: Slope): Promise<number> => {
  const direction = new Map(s.free.map((x) => [x, normals(x, s.random)]));
  const runAt = async (h: number): Promise<(v: Value) => Tensor> => {
    const feeds = s.free.map((x): [Value, Tensor] => [x, moved(s.point.get(x)!, direction.get(x)!, h)]);
    const results = await session.run(Object.fromEntries(feeds.map(([x, t]) => [x.name, t])));
    const fed = new Map(feeds);
    return (v) => v.constant ?? fed.get(v) ?? results[v.name]!;
  };
  const sumAt = async (h: number): Promise<number> => {
    const at = await runAt(h);
    return total(s.values.map((y, i) => dot(at(y), s.weights[i]!)));
  };
  const difference = async (h: number): Promise<number> => ((await sumAt(h)) - (await sumAt(-h))) / (2 * h);
  const slope = (4 * (await difference(s.step)) - (await difference(2 * s.step))) / 3;
  const at = await runAt(0);
  await session.close();
  const gradients = s.gradients.map(at);
  const along = total(gradients.map((d, i) => dot(d, direction.get(s.free[i]!)!)));
  const norm = Math.sqrt(total(gradients.map((d) => dot(d, d))));
  const scale = Math.max(norm, Math.abs(slope));
  return scale === 0 ? 0 : Math.abs(slope - along) / scale;
};

/** Normal random numbers of the shape and type of `like`. */
const normals = (like: Value, random: Random): Tensor =>
  tensorOf(
    like.dtype,
    shapeOf(like),
    Array.from({ length: sizeOf(shapeOf(like)) }, () => random.normal()),
  );

const moved = (x: Tensor, direction: Tensor, h: number): Tensor => {
  const d = numbersOf(direction);
  return tensorOf(
    x.dtype,
    x.shape,
    numbersOf(x).map((n, i) => n + h * d[i]!),
  );
};

const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

const dot = (a: Tensor, b: Tensor): number => {
  const y = numbersOf(b);
  return numbersOf(a).reduce((sum, x, i) => sum + x * y[i]!, 0);
};
