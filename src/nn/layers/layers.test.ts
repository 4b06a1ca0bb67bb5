import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, sizeOf, type Tensor } from "../../graph/dtype.ts";
import { Graph, shapeOf, type Value } from "../../graph/graph.ts";
import { exportModel } from "../../onnx/export.ts";
import { openSession } from "../../runtime/node.ts";
import { glorotUniform, heNormal } from "../init.ts";
import { conv4 } from "../networks/conv-4.ts";
import { resnet12 } from "../networks/resnet-12.ts";
import { batchNorm } from "./batch-norm.ts";
import { conv } from "./conv.ts";
import { linear } from "./linear.ts";
import { createScope, type Parameter, type Scope } from "./scope.ts";

type Network = (scope: Scope, x: Value) => Value;

const build = (network: Network, shape: readonly number[], phase: Scope["phase"]) => {
  const g = new Graph("network");
  const x = g.input("x", "float32", shape);
  const scope = createScope(g, { phase, random: createRandom(7) });
  const y = g.output(network(scope, x), "y");
  for (const [name, value] of scope.updates) g.output(value, `next/${name}`);
  return { g, y, scope };
};

const feedsOf = (parameters: readonly Parameter[]): Record<string, Tensor> =>
  Object.fromEntries(parameters.map((p) => [p.name, p.tensor]));

const run = async (g: Graph, feeds: Record<string, Tensor>) => {
  const session = await openSession(exportModel(g));
  const out = await session.run(feeds);
  await session.close();
  return out;
};

const count = (parameters: readonly Parameter[]): number => parameters.reduce((n, p) => n + sizeOf(p.tensor.shape), 0);

it("initialisers have the variance of their papers, and hang on seed and name alone", () => {
  const spread = (t: Tensor) => numbersOf(t).reduce((sum, v) => sum + v * v, 0) / t.data.length;
  const he = heNormal([64, 32, 3, 3], createRandom("he"));
  expect(spread(he) / (2 / (32 * 9))).toBeCloseTo(1, 1);
  expect(spread(glorotUniform([300, 200], createRandom("glorot"))) / (2 / 500)).toBeCloseTo(1, 1);
  const [one, two] = (["training", "inference"] as const).map((phase) => build(conv4, [2, 3, 16, 16], phase).scope);
  expect(feedsOf(one!.parameters)).toEqual(feedsOf(two!.parameters));
});

describe("batch normalisation", () => {
  const x = floats([2, 1, 1, 2], [1, 2, 3, 6]); // mean 3, variance 14 / 4, unbiased 14 / 3
  const network: Network = (scope, v) => batchNorm(scope, v);

  it("uses the batch's moments in training, and moves the running ones", async () => {
    const { g, scope } = build(network, x.shape, "training");
    const out = await run(g, {
      x,
      scale: floats([1], [2]),
      bias: floats([1], [1]),
      ...feedsOf(scope.parameters.slice(2)),
    });
    const s = Math.sqrt(3.5 + 1e-5);
    numbersOf(out.y!).forEach((y, i) => expect(y).toBeCloseTo((2 * (numbersOf(x)[i]! - 3)) / s + 1, 4));
    expect(numbersOf(out["next/mean"]!)[0]).toBeCloseTo(0.3, 5);
    expect(numbersOf(out["next/variance"]!)[0]).toBeCloseTo(0.9 + (0.1 * 14) / 3, 5);
  });

  it("uses the running ones in inference", async () => {
    const { g, scope } = build(network, x.shape, "inference");
    expect(scope.updates.size).toBe(0);
    const out = await run(g, { x, ...feedsOf(scope.parameters), mean: floats([1], [1]), variance: floats([1], [4]) });
    numbersOf(out.y!).forEach((y, i) => expect(y).toBeCloseTo((numbersOf(x)[i]! - 1) / 2, 4));
  });

  it("keeps decay off scale and bias", () => {
    const { parameters } = build(network, x.shape, "training").scope;
    expect(parameters.map((p) => [p.name, p.decay, p.trainable])).toEqual([
      ["scale", false, true],
      ["bias", false, true],
      ["mean", false, false],
      ["variance", false, false],
    ]);
  });
});

it("conv and linear by hand", async () => {
  const picture = floats([1, 1, 2, 2], [1, 2, 3, 4]);
  const one = build((s, x) => conv(s, x, { channels: 1, kernel: 3 }), picture.shape, "training");
  const out = await run(one.g, {
    x: picture,
    weight: floats([1, 1, 3, 3], Array(9).fill(1)),
    bias: floats([1], [0.5]),
  });
  expect(numbersOf(out.y!)).toEqual([10.5, 10.5, 10.5, 10.5]);
  const two = build((s, x) => linear(s, x, { units: 2 }), [1, 2], "training");
  const scores = await run(two.g, {
    x: floats([1, 2], [1, 2]),
    weight: floats([2, 2], [1, 2, 3, 4]),
    bias: floats([2], [0, 1]),
  });
  expect(numbersOf(scores.y!)).toEqual([7, 11]);
});

const narrow: Network = (scope, x) => resnet12(scope, x, { widths: [8, 12, 16, 20] });

describe.each<[string, Network, Network, number[], number[], number]>([
  // 3·9·64 + 3·64·9·64 weights, 4 norms of 4 · 64 numbers
  ["Conv-4", conv4, conv4, [2, 3, 84, 84], [2, 1600], 1728 + 3 * 36864 + 4 * 256],
  // 12.4 million, as reported by Lee et al.; plus running statistics
  ["ResNet-12", resnet12, narrow, [2, 3, 84, 84], [2, 640], 12_424_320 + 2 * (4 * (64 + 160 + 320 + 640))],
])("%s", (_, network, light, input, output, numbers) => {
  it("has the paper's shape and number of parameters", () => {
    const { y, scope } = build(network, input, "training");
    expect(shapeOf(y)).toEqual(output);
    expect(count(scope.parameters)).toBe(numbers);
    expect([...new Set(scope.parameters.map((p) => p.group))]).toEqual(["block1", "block2", "block3", "block4"]);
  });

  it("runs in both phases; a batch of 2 equals two of 1 in inference", async () => {
    const small = input.map((n, axis) => (axis > 1 ? 32 : n));
    const { g, scope } = build(light, small, "inference");
    const random = createRandom("x");
    const x = floats(
      small,
      Float32Array.from({ length: sizeOf(small) }, () => random.normal()),
    );
    const both = numbersOf((await run(g, { x, ...feedsOf(scope.parameters) })).y!);
    const single = build(light, [1, ...small.slice(1)], "inference").g;
    const half = sizeOf(small) / 2;
    const second = floats([1, ...small.slice(1)], (x.data as Float32Array).slice(half));
    const alone = numbersOf((await run(single, { x: second, ...feedsOf(scope.parameters) })).y!);
    alone.forEach((v, i) => expect(both[both.length / 2 + i]).toBeCloseTo(v, 3));
    const training = build(light, small, "training");
    const out = await run(training.g, { x, ...feedsOf(training.scope.parameters) });
    for (const tensor of Object.values(out)) expect(numbersOf(tensor).every(Number.isFinite)).toBe(true);
  });
});
