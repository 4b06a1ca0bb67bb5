import { expect, test } from "vitest";
import { exportModel } from "../onnx/export.ts";
import { add } from "../ops/add.ts";
import { exp } from "../ops/exp.ts";
import { mul } from "../ops/mul.ts";
import { relu } from "../ops/relu.ts";
import { tanh } from "../ops/tanh.ts";
import { openSession } from "../runtime/node.ts";
import { prefix, suffix, valueNamed } from "./cut.ts";
import { floats, numbersOf, type Tensor } from "./dtype.ts";
import { foldConstants } from "./fold.ts";
import { graft } from "./graft.ts";
import { Graph, type Value } from "./graph.ts";
import { narrowPlaces } from "./paths.ts";
import { verify } from "./verify.ts";

const run = async (g: Graph, feeds: Record<string, Tensor> = {}): Promise<Record<string, Tensor>> => {
  const session = await openSession(exportModel(g));
  const results = await session.run(feeds);
  await session.close();
  return results;
};

/** Two residual blocks: block(x) = x + tanh(x w). */
const residual = () => {
  const g = new Graph("residual");
  const x = g.input("x", "float32", [3]);
  const block = (v: Value, name: string): Value => {
    const y = add(g, v, tanh(g, mul(g, v, g.constant(floats([3], [1, 2, 3]), `${name}_w`))));
    y.name = g.freshName(name);
    return y;
  };
  const one = block(x, "one");
  const last = block(one, "two");
  g.output(relu(g, last), "y");
  return { g, x, one, last };
};

test("narrow places are those between the blocks", () => {
  const { g, x } = residual();
  expect(narrowPlaces(g, [x], g.outputs[0]!).map((v) => v.name)).toEqual(["one", "two"]);
});

test("prefix and suffix together compute what the whole does", async () => {
  const { g, one } = residual();
  const [body, head] = [prefix(g, [one]), suffix(g, one)];
  expect([verify(body), verify(head)]).toEqual([[], []]);
  expect(head.inputs.map((v) => v.name)).toEqual(["one"]);
  const x = floats([3], [0.5, -1, 2]);
  const whole = await run(g, { x });
  const halves = await run(head, { one: (await run(body, { x }))["one"]! });
  expect(halves["y"]).toEqual(whole["y"]);
});

test("a place that something flows round is refused, with those that would do", () => {
  const { g } = residual();
  expect(() => suffix(g, valueNamed(g, "tanh"))).toThrow(
    expect.objectContaining({
      code: "E_CUT",
      message: '"tanh" does not cut the graph in two: "x" also flows round it',
      hint: "It can be cut at: one, two.",
    }),
  );
});

test("an unknown value is refused with the nearest name", () => {
  expect(() => valueNamed(residual().g, "tahn")).toThrow(expect.objectContaining({ hint: 'Did you mean "tanh"?' }));
});

test("grafting puts one graph on another and inputs in the place of constants", async () => {
  const { g: body, x } = residual();
  const weight = body.nodes[0]!.inputs[1]!;
  const g = new Graph("both");
  const trained = g.input("trained", "float32", [3]);
  const image = g.input("image", "float32", [3]);
  const bind = new Map([
    [x, exp(g, image)],
    [weight, trained],
  ]);
  graft(g, body, bind);
  g.output(bind.get(body.outputs[0]!)!, "y");
  expect(verify(g)).toEqual([]);
  expect(g.inputs.map((v) => v.name)).toEqual(["trained", "image"]);
  const zeros = await run(g, { trained: floats([3], [0, 0, 0]), image: floats([3], [0, 0, 0]) });
  const wanted = [1, 2, 3].map((w) => 1 + Math.tanh(w)); // with a zero weight the first block does nothing
  numbersOf(zeros["y"]!).forEach((y, i) => expect(y).toBeCloseTo(wanted[i]!, 5));
});

test("folding computes what hangs on constants alone", async () => {
  const g = new Graph();
  const x = g.input("x", "float32", [2]);
  const two = exp(g, g.constant(floats([2], [0, 1])));
  g.output(mul(g, x, add(g, two, 1)), "y");
  g.output(two, "two");
  const folded = await foldConstants(g, run);
  expect(folded.nodes.map((node) => node.op.type)).toEqual(["Mul"]);
  expect(verify(folded)).toEqual([]);
  const feeds = { x: floats([2], [3, 4]) };
  expect(numbersOf((await run(folded, feeds))["y"]!)).toEqual(numbersOf((await run(g, feeds))["y"]!));
});
