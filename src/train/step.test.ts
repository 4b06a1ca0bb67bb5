import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { floats, numbersOf, sizeOf, type Tensor } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { linear } from "../nn/layers/linear.ts";
import { createScope, within, type Scope } from "../nn/layers/scope.ts";
import { crossEntropy } from "../nn/losses/cross-entropy.ts";
import { conv4 } from "../nn/networks/conv-4.ts";
import { resnet12 } from "../nn/networks/resnet-12.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { adamw } from "./optimisers/adamw.ts";
import { sgd } from "./optimisers/sgd.ts";
import { openStepper, type Batch } from "./step.ts";
import type { Trainable } from "./training-graph.ts";

const CLASSES = 3;

type Network = (scope: Scope, x: Value) => Value;

const classifier = (network: Network, shape: readonly number[]): Trainable => {
  const g = new Graph("network");
  const x = g.input("x", "float32", shape);
  const targets = g.input("targets", "float32", [shape[0]!, CLASSES]);
  const scope = createScope(g, { phase: "training", random: createRandom(1) });
  const scores = linear(within(scope, "head"), network(scope, x), { units: CLASSES });
  return { graph: g, losses: crossEntropy(g, scores, targets), parameters: scope.parameters, updates: scope.updates };
};

/** Pictures (or vectors) whose class brightens one of the three channels. */
const batchOf = (shape: readonly number[], seed = 0): Batch => {
  const random = createRandom(seed);
  const [rows, width] = [shape[0]!, sizeOf(shape.slice(1))];
  const labels = Array.from({ length: rows }, (_, i) => i % CLASSES);
  const x = floats(
    shape,
    Float32Array.from({ length: rows * width }, () => random.normal()),
  );
  labels.forEach((c, i) => {
    for (let j = (c * width) / CLASSES; j < ((c + 1) * width) / CLASSES; j++)
      (x.data as Float32Array)[i * width + j]! += 1;
  });
  const targets = floats(
    [rows, CLASSES],
    labels.flatMap((c) => [0, 1, 2].map((k) => (k === c ? 1 : 0))),
  );
  return { feeds: { x, targets }, names: labels.map((_, i) => `photo ${i}`) };
};

const plain: Network = (_, x) => x;
const small: Network = (scope, x) => conv4(scope, x, { width: 8 });
const norm = (tensors: readonly Tensor[]): number => Math.hypot(...tensors.flatMap(numbersOf));

it("one step of plain descent is worked out by hand", async () => {
  const trainable = classifier(plain, [1, 2]);
  const stepper = await openStepper(trainable, { optimiser: sgd({ momentum: 0, weightDecay: 0 }), clipNorm: null });
  const targets = floats([1, 3], [0, 1, 0]);
  const blank = { ...stepper.weights(), "head/weight": floats([2, 3], [0, 0, 0, 0, 0, 0]) };
  stepper.restore({ steps: 0, tensors: blank });
  const { loss } = await stepper.run({ feeds: { x: floats([1, 2], [1, 2]), targets }, names: ["a"] }, { head: 0.3 });
  expect(loss).toBeCloseTo(Math.log(3), 5);
  // p - t = [1/3, -2/3, 1/3]
  const wanted = [1, 2].flatMap((x) => [-0.1 * x, 0.2 * x, -0.1 * x]);
  numbersOf(stepper.weights()["head/weight"]!).forEach((w, i) => expect(w).toBeCloseTo(wanted[i]!, 5));
  await stepper.close();
});

it("gradients are clipped to a norm together", async () => {
  const [trainable, batch] = [classifier(plain, [6, 12]), batchOf([6, 12])];
  const before = trainable.parameters.map((p) => p.tensor);
  const optimiser = sgd({ momentum: 0, weightDecay: 0 });
  const stepper = await openStepper(trainable, { optimiser, clipNorm: 0.01 });
  const { norm: length } = await stepper.run(batch, { head: 1 });
  expect(length).toBeGreaterThan(0.1);
  const after = trainable.parameters.map((p) => stepper.weights()[p.name]!);
  const moved = norm(
    after.map((t, i) =>
      floats(
        t.shape,
        numbersOf(t).map((v, j) => v - numbersOf(before[i]!)[j]!),
      ),
    ),
  );
  expect(moved).toBeCloseTo(0.01, 4);
  await stepper.close();
});

describe("a network with batch normalisation", () => {
  it("learns, and moves its running statistics to where inference needs them", async () => {
    const shape = [12, 3, 16, 16];
    const stepper = await openStepper(classifier(small, shape), { optimiser: adamw() });
    const rates = Object.fromEntries(stepper.groups.map((group) => [group, 3e-3]));
    expect(stepper.groups).toEqual(["block1", "block2", "block3", "block4", "head"]);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) losses.push((await stepper.run(batchOf(shape, i), rates)).loss);
    expect(losses[0]).toBeGreaterThan(0.9);
    expect(losses.at(-1)).toBeLessThan(0.25);

    const g = new Graph("inference");
    const scope = createScope(g, { phase: "inference", random: createRandom(1) });
    const features = small(scope, g.input("x", "float32", shape));
    g.output(linear(within(scope, "head"), features, { units: CLASSES }), "scores");
    const session = await openGraph(g);
    const { x, targets } = batchOf(shape, 1000).feeds;
    const { scores } = await session.run({ x: x!, ...stepper.weights() });
    const right = Array.from({ length: 12 }, (_, i) => {
      const row = numbersOf(scores!).slice(3 * i, 3 * i + 3);
      return numbersOf(targets!)[3 * i + row.indexOf(Math.max(...row))];
    });
    expect(right.filter((r) => r === 1).length).toBeGreaterThanOrEqual(11);
    await session.close();
    await stepper.close();
  });

  it("averages of weights follow them", async () => {
    const shape = [6, 12];
    const stepper = await openStepper(classifier(plain, shape), { optimiser: sgd(), averaging: 0.5 });
    let average = numbersOf(stepper.weights()["head/weight"]!);
    for (let i = 0; i < 3; i++) {
      await stepper.run(batchOf(shape, i), { head: 0.1 });
      const now = numbersOf(stepper.snapshot().tensors["head/weight"]!);
      average = average.map((a, j) => 0.5 * a + 0.5 * now[j]!);
    }
    numbersOf(stepper.weights()["head/weight"]!).forEach((w, j) => expect(w).toBeCloseTo(average[j]!, 5));
    await stepper.close();
  });

  it("goes on from a snapshot to the same weights, bit for bit", async () => {
    const shape = [6, 3, 16, 16];
    const [one, two] = [0, 1].map(() => openStepper(classifier(small, shape), { optimiser: adamw(), threads: 1 }));
    const [first, second] = [await one!, await two!];
    const rates = Object.fromEntries(first.groups.map((group) => [group, 1e-3]));
    for (let i = 0; i < 3; i++) await first.run(batchOf(shape, i), rates);
    second.restore(first.snapshot());
    for (let i = 3; i < 6; i++) for (const s of [first, second]) await s.run(batchOf(shape, i), rates);
    expect(second.steps).toBe(6);
    expect(second.snapshot()).toEqual(first.snapshot());
    await first.close();
    await second.close();
  });
});

it("ResNet-12 learns from scratch by the moments of its batches", async () => {
  const shape = [12, 3, 16, 16];
  const network: Network = (scope, x) => resnet12(scope, x, { widths: [8, 8, 16, 16] });
  const stepper = await openStepper(classifier(network, shape), { optimiser: sgd() });
  const rates = Object.fromEntries(stepper.groups.map((group) => [group, 0.05]));
  const losses: number[] = [];
  for (let i = 0; i < 60; i++) losses.push((await stepper.run(batchOf(shape, i), rates)).loss);
  expect(losses[0]).toBeGreaterThan(0.8);
  expect(losses.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(0.3);
  await stepper.close();
});

it("a loss that is not finite names the pictures and keeps the last good weights", async () => {
  const shape = [6, 12];
  const stepper = await openStepper(classifier(plain, shape), { optimiser: adamw() });
  await stepper.run(batchOf(shape), { head: 0.1 });
  const good = stepper.snapshot();
  const bad = batchOf(shape, 1);
  (bad.feeds.x!.data as Float32Array)[4 * 12 + 3] = NaN;
  await expect(stepper.run(bad, { head: 0.1 })).rejects.toMatchObject({
    code: "E_LOSS_NAN",
    kind: "training",
    message: "the loss is not finite in the batch of photo 4",
  });
  expect(stepper.snapshot()).toEqual(good);
  await stepper.run(batchOf(shape, 2), { head: 0.1 });
  expect(numbersOf(stepper.weights()["head/weight"]!).every(Number.isFinite)).toBe(true);
  await stepper.close();
});

it("memory does not grow over 500 steps", { timeout: 240_000 }, async () => {
  const shape = [24, 3, 32, 32];
  const network: Network = (scope, x) => conv4(scope, x, { width: 32 });
  const stepper = await openStepper(classifier(network, shape), { optimiser: adamw() });
  const rates = Object.fromEntries(stepper.groups.map((group) => [group, 1e-4]));
  const batch = batchOf(shape);
  for (let i = 0; i < 50; i++) await stepper.run(batch, rates);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 500; i++) await stepper.run(batch, rates);
  const state = Object.values(stepper.snapshot().tensors).reduce((sum, t) => sum + 4 * t.data.length, 0);
  expect(process.memoryUsage().rss - before).toBeLessThan((500 * state) / 5); // were it kept at each step: 500 times

  await stepper.close();
});
