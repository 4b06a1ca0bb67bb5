import { expect, it } from "vitest";
import { floats, numbersOf, type Tensor } from "../../graph/dtype.ts";
import { Graph } from "../../graph/graph.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import { adamw } from "./adamw.ts";
import type { Optimiser } from "./optimiser.ts";
import { sgd } from "./sgd.ts";

/** A parameter after each of some steps with given gradients. */
const follow = async (optimiser: Optimiser, gradients: number[][], { rate = 0.1, decay = true } = {}) => {
  const g = new Graph("update");
  let parameter = floats([2], [1, -2]);
  let state = optimiser.init(parameter);
  const next = optimiser.update(g, {
    parameter: g.input("p", "float32", [2]),
    gradient: g.input("d", "float32", [2]),
    state: Object.fromEntries(Object.keys(state).map((slot) => [slot, g.input(slot, "float32", [2])])),
    rate: g.input("rate", "float32", []),
    step: g.input("step", "float32", []),
    decay,
  });
  g.output(next.parameter, "next_p");
  for (const [slot, value] of Object.entries(next.state)) g.output(value, `next_${slot}`);
  const session = await openGraph(g);
  const seen: number[][] = [];
  for (const [i, d] of gradients.entries()) {
    const scalars = { rate: floats([], [rate]), step: floats([], [i + 1]) };
    const feeds: Record<string, Tensor> = { p: parameter, d: floats([2], d), ...state, ...scalars };
    // a slot or the step may be of no use to the rule (the first steps of plain descent)
    const used = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]!]));
    const out = await session.run(used);
    parameter = out.next_p!;
    state = Object.fromEntries(Object.keys(state).map((slot) => [slot, out[`next_${slot}`]!]));
    seen.push(numbersOf(parameter));
  }
  await session.close();
  return seen;
};

const expectClose = (seen: number[][], wanted: number[][]) =>
  wanted.forEach((row, i) => row.forEach((v, j) => expect(seen[i]![j]).toBeCloseTo(v, 5)));

const gradients = [
  [0.5, -1],
  [0.2, 0.4],
  [-0.3, 0],
];

it("sgd: plain descent", async () => {
  const seen = await follow(sgd({ momentum: 0, weightDecay: 0 }), gradients);
  expectClose(seen, [
    [0.95, -1.9],
    [0.93, -1.94],
    [0.96, -1.94],
  ]);
});

it("sgd: Nesterov momentum and weight decay, by the paper's recurrence", async () => {
  const seen = await follow(sgd({ momentum: 0.9, weightDecay: 0.1 }), gradients);
  const p = [1, -2];
  const v = [0, 0];
  const wanted = gradients.map((d) => {
    for (const j of [0, 1]) {
      const slope = d[j]! + 0.1 * p[j]!;
      v[j] = 0.9 * v[j]! + slope;
      p[j]! -= 0.1 * (slope + 0.9 * v[j]!);
    }
    return [...p];
  });
  expectClose(seen, wanted);
});

it("adamw: algorithm 2 of the paper", async () => {
  const seen = await follow(adamw({ weightDecay: 0.1 }), gradients);
  const p = [1, -2];
  const [m, s] = [
    [0, 0],
    [0, 0],
  ];
  const wanted = gradients.map((d, i) => {
    for (const j of [0, 1]) {
      m![j] = 0.9 * m![j]! + 0.1 * d[j]!;
      s![j] = 0.999 * s![j]! + 0.001 * d[j]! ** 2;
      const [first, second] = [m![j]! / (1 - 0.9 ** (i + 1)), s![j]! / (1 - 0.999 ** (i + 1))];
      p[j]! -= 0.1 * (first / (Math.sqrt(second) + 1e-8) + 0.1 * p[j]!);
    }
    return [...p];
  });
  expectClose(seen, wanted);
});

it.each([sgd({ momentum: 0, weightDecay: 0.5 }), adamw({ weightDecay: 0.5 })])(
  "$name: no decay where the parameter asks for none",
  async (optimiser) => {
    const still = [[0, 0]];
    expect(await follow(optimiser, still, { decay: false })).toEqual([[1, -2]]);
    expectClose(await follow(optimiser, still), [[0.95, -1.9]]);
  },
);
