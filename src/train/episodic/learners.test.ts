import { expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, type Tensor } from "../../graph/dtype.ts";
import { Graph, shapeOf, type Value } from "../../graph/graph.ts";
import { batchNorm } from "../../nn/layers/batch-norm.ts";
import { conv } from "../../nn/layers/conv.ts";
import { linear } from "../../nn/layers/linear.ts";
import { createScope, within, type Scope } from "../../nn/layers/scope.ts";
import { conv4Map } from "../../nn/networks/conv-4.ts";
import { resnet12Map } from "../../nn/networks/resnet-12.ts";
import { concat } from "../../ops/concat.ts";
import { flatten } from "../../ops/flatten.ts";
import { gather } from "../../ops/gather.ts";
import { maxPool } from "../../ops/max-pool.ts";
import { relu } from "../../ops/relu.ts";
import { sigmoid } from "../../ops/sigmoid.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import type { Network } from "../from-scratch.ts";
import type { Task } from "./learner.ts";
import { prototypical } from "./prototypical.ts";
import { relation } from "./relation.ts";

const normals = (shape: readonly number[], seed: string): Tensor => {
  const random = createRandom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return floats(
    shape,
    Array.from({ length: size }, () => random.normal()),
  );
};

/** A task of 2 ways, 2 shots and 1 query each. */
const taskOf = (g: Graph, support: Tensor, queries: Tensor): Task => ({
  support: g.constant(support),
  queries: g.constant(queries),
  supportTargets: g.constant(floats([4, 2], [1, 0, 1, 0, 0, 1, 0, 1])),
  queryTargets: g.constant(floats([2, 2], [1, 0, 0, 1])),
  ways: 2,
  shots: 2,
});

/** What values built over a scope hold, with every parameter at its first value. */
const valuesOf = async (build: (scope: Scope) => readonly Value[]): Promise<number[][]> => {
  const g = new Graph("learner");
  const scope = createScope(g, { phase: "training", random: createRandom(5) });
  const values = build(scope);
  const names = values.map((value, i) => g.output(value, `out${i}`).name);
  const session = await openGraph(g);
  const out = await session.run(Object.fromEntries(scope.parameters.map((p) => [p.name, p.tensor])));
  await session.close();
  return names.map((name) => numbersOf(out[name]!));
};

it("prototypical networks by hand: nearness to class means, times the scale", async () => {
  const picture = (rows: number[][]) => floats([rows.length, 2, 1, 1], rows.flat());
  const support = picture([
    [0, 0],
    [2, 0], // mean (1, 0)
    [0, 3],
    [0, 5], // mean (0, 4)
  ]);
  const queries = picture([
    [1, 1], // squared distances 1 and 10
    [2, 3], // 10 and 5
  ]);
  const flat: Network = (scope, x) => flatten(scope.g, x);
  const [scores, losses] = await valuesOf((scope) => {
    const answers = prototypical(flat, { scale: 0.5 }).build(scope, taskOf(scope.g, support, queries));
    return [answers.scores, answers.losses];
  });
  expect(scores![0]! - scores![1]!).toBeCloseTo(0.5 * (10 - 1), 5);
  expect(scores![2]! - scores![3]!).toBeCloseTo(0.5 * (5 - 10), 5);
  expect(losses![0]).toBeCloseTo(Math.log(1 + Math.exp(-4.5)), 5);
  expect(losses![1]).toBeCloseTo(Math.log(1 + Math.exp(-2.5)), 5);
});

it("prototypical networks on features of length 1, by hand", async () => {
  const picture = (rows: number[][]) => floats([rows.length, 2, 1, 1], rows.flat());
  const support = picture([
    [3, 4], // (0.6, 0.8)
    [0, 9], // (0, 1): mean (0.3, 0.9)
    [5, 0],
    [2, 0], // mean (1, 0)
  ]);
  const queries = picture([
    [8, 0], // (1, 0): squared distances 0.49 + 0.81 and 0
    [0, 0], // stays: 0.09 + 0.81 and 1
  ]);
  const flat: Network = (scope, x) => flatten(scope.g, x);
  const learner = prototypical(flat, { scale: 2, unit: true });
  const [scores, embedded] = await valuesOf((scope) => [
    learner.build(scope, taskOf(scope.g, support, queries)).scores,
    learner.embed({ ...scope, parameter: () => scope.g.constant(0) }, scope.g.constant(support)),
  ]);
  expect(scores![0]! - scores![1]!).toBeCloseTo(-2 * 1.3, 5);
  expect(scores![2]! - scores![3]!).toBeCloseTo(2 * (1 - 0.9), 5);
  [0.6, 0.8, 0, 1, 1, 0, 1, 0].forEach((v, i) => expect(embedded![i]).toBeCloseTo(v, 6));
});

it("the relation module equals the paper's, run on every pair of maps laid side by side", async () => {
  const [support, queries] = [normals([4, 3, 8, 8], "support"), normals([2, 3, 8, 8], "queries")];
  const network: Network = (scope, x) => conv(scope, x, { channels: 3, kernel: 3 });
  /** Section 3.4, written out with a concatenation for each pair; the module's names, so its first weights. */
  const spelt = (scope: Scope): Value => {
    const { g } = scope;
    const maps = network(within(scope, "network"), concat(g, [g.constant(support), g.constant(queries)], 0));
    const at = (rows: number[]) => gather(g, maps, rows, 0);
    // one shot a class, so that a class's map is a picture's
    const pairs = concat(g, [at([0, 2, 0, 2]), at([4, 4, 5, 5])], 1);
    const module = within(scope, "relation");
    const block = (name: string, x: Value): Value => {
      const inner = within(module, name);
      const z = conv(within(inner, "conv"), x, { channels: 4, kernel: 3, bias: "none" });
      return relu(g, maxPool(g, batchNorm(within(inner, "norm"), z), { kernel_shape: [2, 2], strides: [2, 2] }));
    };
    const flat = flatten(g, block("block2", block("block1", pairs)));
    const hidden = relu(g, linear(within(module, "linear1"), flat, { units: 5 }));
    return sigmoid(g, linear(within(module, "linear2"), hidden, { units: 1 }));
  };
  const [ours, losses] = await valuesOf((scope) => {
    const rows = (t: Tensor, picks: number[]) =>
      floats(
        [picks.length, 3, 8, 8],
        picks.flatMap((i) => numbersOf(t).slice(i * 192, (i + 1) * 192)),
      );
    // both shots of a class the same picture: their mean is that picture
    const task = taskOf(scope.g, rows(support, [0, 0, 2, 2]), queries);
    const answers = relation(network, { width: 4, units: 5 }).build(scope, task);
    expect(shapeOf(answers.scores)).toEqual([2, 2]);
    return [answers.scores, answers.losses];
  });
  const [wanted] = await valuesOf((scope) => [spelt(scope)]);
  ours!.forEach((v, i) => expect(v).toBeCloseTo(wanted![i]!, 5));
  expect(losses![0]).toBeCloseTo(((1 - ours![0]!) ** 2 + ours![1]! ** 2) / 2, 5);
});

it.each<[string, Network]>([
  ["Conv-4", (scope, x) => conv4Map(scope, x, { width: 4, pools: 2 })],
  ["ResNet-12", (scope, x) => resnet12Map(scope, x, { widths: [4, 4, 4, 4], pools: 2 })],
])("maps of %s are pooled as often as asked", (_, network) => {
  const g = new Graph("maps");
  const scope = createScope(g, { phase: "training", random: createRandom(1) });
  expect(shapeOf(network(scope, g.input("x", "float32", [2, 3, 32, 32])))).toEqual([2, 4, 8, 8]);
});
