import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, sizeOf, type Tensor } from "../../graph/dtype.ts";
import { Graph, shapeOf, type Value } from "../../graph/graph.ts";
import { createScope, type Scope } from "../layers/scope.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import { cycleGanGenerator } from "./cycle-gan-generator.ts";
import { patchDiscriminator, patchSize } from "./patch-discriminator.ts";

type Network = (scope: Scope, x: Value) => Value;

const build = (network: Network, shape: readonly number[]) => {
  const g = new Graph("network");
  const x = g.input("x", "float32", shape);
  const scope = createScope(g, { phase: "inference", random: createRandom(7) });
  const y = g.output(network(scope, x), "y");
  const count = scope.parameters.reduce((n, p) => n + sizeOf(p.tensor.shape), 0);
  const feeds = Object.fromEntries(scope.parameters.map((p) => [p.name, p.tensor]));
  return { g, y, count, feeds };
};

const normals = (shape: readonly number[]): Tensor => {
  const random = createRandom("x");
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => 0.5 * random.normal()),
  );
};

const small: Network = (scope, x) => cycleGanGenerator(scope, x, { width: 4, blocks: 1 });
const judge: Network = (scope, x) => patchDiscriminator(scope, x, { width: 4, halvings: 2 });

describe("the generator", () => {
  it("has the paper's number of parameters: 6 blocks of 64 channels", () => {
    // weights of 7x7, 3x3 and residual convolutions; scale and bias of every normalisation; the last one's bias
    const weights = 2 * 49 * 3 * 64 + 2 * 9 * (64 * 128 + 128 * 256) + 12 * 9 * 256 * 256;
    const norms = 2 * (64 + 128 + 256 + 12 * 256 + 128 + 64);
    const { y, count } = build(cycleGanGenerator, [1, 3, 128, 128]);
    expect(shapeOf(y)).toEqual([1, 3, 128, 128]);
    expect(count).toBe(weights + norms + 3);
  });

  it("makes pictures in -1 .. 1", async () => {
    const { g, feeds } = build(small, [1, 3, 16, 20]);
    const session = await openGraph(g);
    const y = (await session.run({ x: normals([1, 3, 16, 20]), ...feeds })).y!;
    await session.close();
    expect(y.shape).toEqual([1, 3, 16, 20]);
    expect(numbersOf(y).every((v) => Math.abs(v) <= 1)).toBe(true);
  });
});

describe("the discriminator", () => {
  it("judges patches of 70, 34 and 16 px", () => {
    expect([3, 2, 1].map(patchSize)).toEqual([70, 34, 16]);
    expect(shapeOf(build(patchDiscriminator, [1, 3, 256, 256]).y)).toEqual([1, 1, 30, 30]);
    expect(shapeOf(build(judge, [1, 3, 64, 64]).y)).toEqual([1, 1, 14, 14]);
  });

  it("sees nothing beyond its patch, but for the moments that normalisation shares", async () => {
    const flat: Network = (scope, x) => patchDiscriminator(scope, x, { width: 4, halvings: 1 });
    const { g, feeds } = build(flat, [1, 3, 48, 48]);
    const session = await openGraph(g);
    const x = normals([1, 3, 48, 48]);
    const first = numbersOf((await session.run({ x, ...feeds })).y!);
    const other = floats(x.shape, (x.data as Float32Array).slice());
    (other.data as Float32Array)[0]! += 1e-3;
    const second = numbersOf((await session.run({ x: other, ...feeds })).y!);
    await session.close();
    const side = Math.sqrt(first.length);
    const change = (row: number, column: number) =>
      Math.abs(first[row * side + column]! - second[row * side + column]!);
    expect(change(0, 0)).toBeGreaterThan(20 * change(side - 1, side - 1));
  });
});

it.each<[string, Network]>([
  ["generator", small],
  ["discriminator", judge],
])("a batch of 2 equals two of 1: %s", async (_, network) => {
  const [two, one] = [build(network, [2, 3, 16, 16]), build(network, [1, 3, 16, 16])];
  const x = normals([2, 3, 16, 16]);
  const [both, single] = [await openGraph(two.g), await openGraph(one.g)];
  const answers = numbersOf((await both.run({ x, ...two.feeds })).y!);
  const half = floats([1, 3, 16, 16], (x.data as Float32Array).slice(768));
  const second = numbersOf((await single.run({ x: half, ...one.feeds })).y!);
  await both.close();
  await single.close();
  second.forEach((v, i) => expect(answers[answers.length / 2 + i]).toBeCloseTo(v, 4));
});
