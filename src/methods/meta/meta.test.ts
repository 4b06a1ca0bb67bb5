import { describe, expect, it } from "vitest";
import { grad } from "../../autodiff/grad.ts";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, type Tensor } from "../../graph/dtype.ts";
import { Graph } from "../../graph/graph.ts";
import { normalInitial } from "../../nn/init.ts";
import { linear } from "../../nn/layers/linear.ts";
import { createScope } from "../../nn/layers/scope.ts";
import { flatten } from "../../ops/flatten.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { tanh } from "../../ops/tanh.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import type { Learner } from "../../train/episodic/learner.ts";
import type { Network } from "../../train/from-scratch.ts";
import type { MetaOptions } from "./_shared.ts";
import { anil } from "./anil.ts";
import { firstOrderMaml } from "./first-order-maml.ts";
import { maml } from "./maml.ts";
import { reptile } from "./reptile.ts";

/** Pictures of one pixel row, two of each way to learn from and to ask; 2 ways. */
const [WAYS, DIM] = [2, 3];
const support = [
  [1, 0.5, -0.3],
  [0.7, -0.2, 0.4],
  [-0.9, 0.1, 0.8],
  [-0.4, -0.6, -0.5],
];
const queries = [
  [0.9, 0.3, 0.1],
  [0.8, -0.4, 0.6],
  [-0.7, 0.3, 0.5],
  [-0.6, -0.1, -0.2],
];
const oneHot = [0, 0, 1, 1].map((way) => [0, 1].map((w) => Number(w === way)));

const tensor = (rows: readonly (readonly number[])[]): Tensor => floats([rows.length, rows[0]!.length], rows.flat());

const plain: Network = (scope, x) => flatten(scope.g, x);
const bent: Network = (scope, x) =>
  tanh(scope.g, linear(scope, flatten(scope.g, x), { units: 4, initial: normalInitial(0.7) }));
const straight: Network = (scope, x) => linear(scope, flatten(scope.g, x), { units: 2, initial: normalInitial(0.7) });

/** Runs a learner: loss, scores and the gradient of every parameter at given weights (first ones where left out). */
const open = async (learner: Learner, [learned, asked] = [support, queries]) => {
  const g = new Graph("episode");
  const scope = createScope(g, { phase: "training", random: createRandom(3) });
  const picture = (rows: number[][]) => g.constant(floats([rows.length, 1, 1, rows[0]!.length], rows.flat()));
  const targets = g.constant(tensor(oneHot));
  const { scores, losses } = learner.build(scope, {
    support: picture(learned),
    queries: picture(asked),
    supportTargets: targets,
    queryTargets: targets,
    ways: WAYS,
    shots: 2,
  });
  const inputs = scope.parameters.map((p) => g.inputs.find((v) => v.name === p.name)!);
  const loss = reduceMean(g, losses, { keepdims: 0 });
  const slopes = grad(g, loss, inputs);
  g.output(loss, "loss");
  g.output(scores, "scores");
  scope.parameters.forEach((p, i) => g.output(slopes[i]!, `slope/${p.name}`));
  const first = Object.fromEntries(scope.parameters.map((p) => [p.name, p.tensor]));
  const session = await openGraph(g);
  const run = async (weights: Readonly<Record<string, Tensor>> = {}) => {
    const out = await session.run({ ...first, ...weights });
    return {
      loss: numbersOf(out.loss!)[0]!,
      scores: numbersOf(out.scores!),
      slopes: Object.fromEntries(Object.keys(first).map((name) => [name, numbersOf(out[`slope/${name}`]!)])),
    };
  };
  return { first, run, close: () => session.close() };
};

const expectClose = (a: readonly number[], b: readonly number[], digits: number) => {
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, digits));
};

/** The largest difference between two sets of slopes. */
const apart = (a: Record<string, number[]>, b: Record<string, number[]>): number =>
  Math.max(...Object.keys(a).flatMap((name) => a[name]!.map((v, i) => Math.abs(v - b[name]![i]!))));

/** Gradient descent on a linear head by hand: W and b after some steps on features. */
const headBySteps = (
  features: number[][],
  { weight, bias }: { weight: number[][]; bias: number[] },
  { steps, rate }: Pick<MetaOptions, "steps" | "rate">,
) => {
  let [w, b] = [weight, bias];
  for (let step = 0; step < steps; step++) {
    const errors = scoresOf(features, { weight: w, bias: b }).map((row, i) => {
      const exps = row.map(Math.exp);
      const sum = exps.reduce((x, y) => x + y);
      return exps.map((e, c) => (e / sum - oneHot[i]![c]!) / features.length);
    });
    const descend = (value: number, slope: number) => value - rate * slope;
    const before = w;
    w = before.map((row, d) =>
      row.map((v, c) =>
        descend(
          v,
          errors.reduce((s, e, i) => s + e[c]! * features[i]![d]!, 0),
        ),
      ),
    );
    b = b.map((v, c) =>
      descend(
        v,
        errors.reduce((s, e) => s + e[c]!, 0),
      ),
    );
  }
  return { weight: w, bias: b };
};

const scoresOf = (features: number[][], { weight, bias }: { weight: number[][]; bias: number[] }): number[][] =>
  features.map((row) => bias.map((b, c) => row.reduce((sum, v, d) => sum + v * weight[d]![c]!, b)));

const rowsOf = (t: Tensor): number[][] => {
  const [rows, columns] = t.shape as [number, number];
  return Array.from({ length: rows }, (_, i) => numbersOf(t).slice(i * columns, (i + 1) * columns));
};

describe("maml", () => {
  it.each([1, 3])("its gradient is the slope of the loss after %i inner steps (finite differences)", async (steps) => {
    const { first, run, close } = await open(maml({ network: bent, steps, rate: 0.5 }));
    const { slopes } = await run();
    const random = createRandom("direction");
    const direction = Object.fromEntries(
      Object.entries(first).map(([name, t]) => [name, numbersOf(t).map(() => random.normal())]),
    );
    const lossAt = async (h: number) => {
      const moved = Object.entries(first).map(([name, t]) => [
        name,
        floats(
          t.shape,
          numbersOf(t).map((v, i) => v + h * direction[name]![i]!),
        ),
      ]);
      return (await run(Object.fromEntries(moved))).loss;
    };
    const difference = async (h: number) => ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
    const slope = (4 * (await difference(0.02)) - (await difference(0.04))) / 3;
    const along = Object.entries(slopes).reduce(
      (sum, [name, values]) => sum + values.reduce((s, v, i) => s + v * direction[name]![i]!, 0),
      0,
    );
    expect(Math.abs(along)).toBeGreaterThan(0.05);
    expect(Math.abs(along - slope) / Math.abs(along)).toBeLessThan(1e-3);
    await close();
  });

  it("answers as a head that was taught by hand", async () => {
    const inner = { steps: 2, rate: 0.5 };
    const { first, run, close } = await open(maml({ network: plain, ...inner }));
    const head = { weight: rowsOf(first["head/weight"]!), bias: numbersOf(first["head/bias"]!) };
    const wanted = scoresOf(queries, headBySteps(support, head, inner));
    expectClose((await run()).scores, wanted.flat(), 5);
    await close();
  });
});

describe("first-order maml", () => {
  it("is maml where the inner loss has no second derivatives: a head that is wrong beyond doubt", async () => {
    const far = [
      [1, 0, 0],
      [1, 0.1, 0],
      [-1, 0, 0],
      [-1, 0, 0.1],
    ];
    const wrong = {
      "head/weight": floats(
        [DIM, WAYS],
        [
          [-40, 40],
          [0, 0],
          [0, 0],
        ].flat(),
      ),
    };
    const results = await Promise.all(
      [maml, firstOrderMaml].map(async (make) => {
        const { run, close } = await open(make({ network: plain, steps: 2, rate: 1 }), [far, queries]);
        const { slopes, scores } = await run(wrong);
        await close();
        return { slopes, scores };
      }),
    );
    expect(Math.max(...results[0]!.slopes["head/weight"]!.map(Math.abs))).toBeGreaterThan(0.1);
    expect(apart(results[0]!.slopes, results[1]!.slopes)).toBeLessThan(1e-6);
  });

  it("gives the same answers but another gradient elsewhere", async () => {
    const [second, first] = await Promise.all(
      [maml, firstOrderMaml].map((make) => open(make({ network: bent, steps: 2, rate: 0.5 }))),
    );
    const [a, b] = [await second!.run(), await first!.run()];
    expectClose(a.scores, b.scores, 5);
    expect(apart(a.slopes, b.slopes)).toBeGreaterThan(1e-2);
    await second!.close();
    await first!.close();
  });
});

describe("anil", () => {
  it("adapts the head alone, on the network's features as they are", async () => {
    const inner = { steps: 3, rate: 0.4 };
    const { first, run, close } = await open(anil({ network: straight, ...inner }));
    const network = { weight: rowsOf(first["network/weight"]!), bias: numbersOf(first["network/bias"]!) };
    const head = { weight: rowsOf(first["head/weight"]!), bias: numbersOf(first["head/bias"]!) };
    const taught = headBySteps(scoresOf(support, network), head, inner);
    const { scores, slopes } = await run();
    expectClose(scores, scoresOf(scoresOf(queries, network), taught).flat(), 5);
    // yet the network learns from episode to episode
    expect(Math.max(...slopes["network/weight"]!.map(Math.abs))).toBeGreaterThan(1e-3);
    await close();
  });
});

describe("reptile", () => {
  it("moves towards the adapted weights, whatever is asked", async () => {
    const inner = { steps: 3, rate: 0.5 };
    const { first, run, close } = await open(reptile({ network: plain, ...inner }));
    const head = { weight: rowsOf(first["head/weight"]!), bias: numbersOf(first["head/bias"]!) };
    const taught = headBySteps(support, head, inner);
    const { slopes, scores, loss } = await run();
    expectClose(
      slopes["head/weight"]!,
      head.weight.flatMap((row, d) => row.map((v, c) => v - taught.weight[d]![c]!)),
      5,
    );
    expectClose(
      slopes["head/bias"]!,
      head.bias.map((v, c) => v - taught.bias[c]!),
      5,
    );
    const wanted = scoresOf(queries, taught);
    expectClose(scores, wanted.flat(), 5);
    const losses = wanted.map((row, i) => Math.log(row.reduce((s, v) => s + Math.exp(v), 0)) - row[i < 2 ? 0 : 1]!);
    expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 4, 5);
    await close();
  });
});
