import { expect, test } from "vitest";
import { add } from "../ops/add.ts";
import { matmul } from "../ops/matmul.ts";
import { relu } from "../ops/relu.ts";
import { floats } from "./dtype.ts";
import { Graph, shapeOf } from "./graph.ts";
import { printGraph } from "./print.ts";
import { prune } from "./prune.ts";
import { verify } from "./verify.ts";

const small = () => {
  const g = new Graph("small");
  const x = g.input("x", "float32", [2, 3]);
  const h = relu(g, matmul(g, x, g.constant(floats([3, 4], new Float32Array(12)), "w")));
  const y = g.output(add(g, h, 1), "y");
  return { g, x, h, y };
};

test("names stay unique", () => {
  const g = new Graph();
  expect([g.freshName("x"), g.freshName("x"), g.freshName("x_2"), g.freshName("x")]).toEqual([
    "x",
    "x_2",
    "x_2_2",
    "x_3",
  ]);
});

test("shapes are inferred on the way, and unknown where a size is open", () => {
  expect(small().y.shape).toEqual([2, 4]);
  const g = new Graph();
  const open = relu(g, g.input("x", "float32", ["n", 3]));
  expect(open.shape).toBeNull();
  expect(() => shapeOf(open)).toThrow(/specialise the graph/);
});

test("an output keeps the names that others rely on", () => {
  const { g, x, y } = small();
  expect(() => g.output(x, "z")).toThrow('"x" cannot be output as "z" too');
  expect(() => g.output(y, "z")).toThrow('"y" cannot be output as "z" too');
});

test("a shape mismatch names the operator, what was wanted and what came", () => {
  const g = new Graph();
  const [a, b] = [g.input("a", "float32", [2, 3]), g.input("b", "float32", [4, 5])];
  expect(() => matmul(g, a, b)).toThrow("MatMul: wanted […, m, k] x […, k, n], got [2,3] x [4,5]");
});

test("printing shows each node with its types, small constants and attributes", () => {
  expect(printGraph(small().g)).toBe(
    [
      "small(x: float32[2, 3]) {",
      "  matmul: float32[2, 4] = MatMul(x, w: float32[3, 4])",
      "  relu: float32[2, 4] = Relu(matmul)",
      "  y: float32[2, 4] = Add(relu, [1])",
      "  return y",
      "}",
    ].join("\n"),
  );
});

test("pruning takes out what no output hangs on", () => {
  const { g, x } = small();
  relu(g, x);
  expect(g.nodes.length).toBe(4);
  prune(g);
  expect(g.nodes.map((node) => node.op.type)).toEqual(["MatMul", "Relu", "Add"]);
});

test("a graph as built is legal", () => expect(verify(small().g)).toEqual([]));

test.each<[string, (parts: ReturnType<typeof small>) => void, RegExp]>([
  [
    "a value read before it is made",
    ({ g }) => void g.nodes.reverse(),
    /node "Add_2" \(Add\) reads "relu", which nothing/,
  ],
  [
    "a value of another graph",
    ({ g, x }) => void g.output(relu(new Graph(), x)),
    /outputs reads "relu", which nothing/,
  ],
  ["a name twice", ({ h }) => void (h.name = "x"), /two values are named "x"/],
  ["a wrong shape", ({ h }) => void (h.shape = [9, 9]), /output 0 has shape \[9,9\], but \[2,4\] follows/],
  [
    "an undeclared attribute",
    ({ g, x }) => void g.add({ ...g.nodes[1]!.op }, [x], { speed: 3 }, ["z"]),
    /"speed" is not declared/,
  ],
  ["an output twice", ({ g, y }) => void g.output(y), /"y" is an output twice/],
  ["no outputs", ({ g }) => void (g.outputs.length = 0), /no outputs/],
  [
    "a constant of the wrong length",
    ({ g }) => void g.output(g.constant(floats([3], [1]), "c")),
    /"c" holds 1 elements/,
  ],
])("verification finds %s", (_, harm, wanted) => {
  const parts = small();
  harm(parts);
  expect(verify(parts.g).join("\n")).toMatch(wanted);
});
