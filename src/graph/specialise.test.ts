import { expect, test } from "vitest";
import { concat } from "../ops/concat.ts";
import { div } from "../ops/div.ts";
import { flatten } from "../ops/flatten.ts";
import { gather } from "../ops/gather.ts";
import { relu } from "../ops/relu.ts";
import { reshape } from "../ops/reshape.ts";
import { shape } from "../ops/shape.ts";
import { unsqueeze } from "../ops/unsqueeze.ts";
import { ints, numbersOf } from "./dtype.ts";
import { Graph, type Op } from "./graph.ts";
import { specialise } from "./specialise.ts";
import { verify } from "./verify.ts";

/** x [n, c, h, w] -> [n, c/2, 2hw...] by a chain of shape computations, as exporters write them. */
const imported = (): Graph => {
  const g = new Graph("imported");
  const x = g.input("x", "float32", ["n", 6, "h", "w"]);
  const sizes = shape(g, x);
  const batch = unsqueeze(g, gather(g, sizes, 0), [0]);
  const half = unsqueeze(g, div(g, gather(g, sizes, 1), g.constant(ints([2], []))), [0]);
  const y = reshape(g, relu(g, x), concat(g, [batch, half, g.constant(ints([-1]))], 0));
  g.output(flatten(g, y), "y", ["n", "d"]);
  return g;
};

test("shape computations fold away and all shapes become known", () => {
  const g = specialise(imported(), { x: [2, 6, 4, 5] });
  expect(g.nodes.map((node) => node.op.type)).toEqual(["Relu", "Reshape", "Flatten"]);
  expect(g.outputs[0]!.shape).toEqual([2, 120]);
  expect(numbersOf(g.nodes[1]!.inputs[1]!.constant!)).toEqual([2, 3, -1]);
  expect(verify(g)).toEqual([]);
});

test("the source stays as it was", () => {
  const g = imported();
  const before = g.nodes.length;
  specialise(g, { x: [1, 6, 2, 2] });
  expect(g.nodes.length).toBe(before);
  expect(g.outputs[0]!.shape).toBeNull();
});

test("sizes that are missing or contradict the model are refused", () => {
  expect(() => specialise(imported(), {})).toThrow('input "x": wanted concrete sizes, got [n, 6, h, w]');
  expect(() => specialise(imported(), { x: [1, 7, 2, 2] })).toThrow('input "x": wanted [n, 6, h, w], got [1, 7, 2, 2]');
  expect(() => specialise(imported(), { x: [1, 6] })).toThrow("wanted [n, 6, h, w], got [1, 6]");
});

test("shapes stay unknown behind a foreign operator, and only there", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["n"]);
  const foreign: Op<null> = { type: "Strange", infer: "unknown", vjp: "none" };
  g.output(relu(g, g.apply(foreign, [relu(g, x)], null)));
  const known = specialise(g, { x: [3] });
  expect(known.nodes.map((node) => node.outputs[0]!.shape)).toEqual([[3], null, null]);
});
