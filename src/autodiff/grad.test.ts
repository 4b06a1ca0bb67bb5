import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import { floats, numbersOf } from "../graph/dtype.ts";
import { Graph, type Op } from "../graph/graph.ts";
import { exportModel } from "../onnx/export.ts";
import { add } from "../ops/add.ts";
import { matmul } from "../ops/matmul.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { relu } from "../ops/relu.ts";
import { tanh } from "../ops/tanh.ts";
import { openSession } from "../runtime/node.ts";
import { checkGrads } from "./check-grads.ts";
import { grad } from "./grad.ts";

const open = (g: Graph): ReturnType<typeof openSession> => openSession(exportModel(g));

const sameShape: Op<null>["infer"] = ({ inputs: [x] }) => [x!.shape];
const foreign = (vjp: Op<null>["vjp"], type = "Strange"): Op<null> => ({ type, infer: sameShape, vjp });

test("the gradient of sum(x * x) is 2 x", async () => {
  const g = new Graph();
  const x = g.input("x", "float32", [3]);
  const [dx] = grad(g, reduceSum(g, mul(g, x, x)), [x]);
  g.output(dx!, "dx");
  const session = await open(g);
  const result = await session.run({ x: floats([3], [1, -2, 3]) });
  await session.close();
  expect(numbersOf(result["dx"]!)).toEqual([2, -4, 6]);
});

test("a value that the loss does not hang on gets zeros", () => {
  const g = new Graph();
  const [x, other] = [g.input("x", "float32", [3]), g.input("other", "float32", [2, 2])];
  const [, zero] = grad(g, reduceSum(g, x), [x, other]);
  expect(zero!.shape).toEqual([2, 2]);
});

test("gradients of frozen weights leave no nodes behind", () => {
  const g = new Graph();
  const x = g.input("x", "float32", [2, 3]);
  const [frozen, trained] = [g.constant(floats([3, 4], new Float32Array(12))), g.input("w", "float32", [4, 2])];
  const loss = reduceSum(g, matmul(g, relu(g, matmul(g, x, frozen)), trained));
  const before = g.nodes.length;
  grad(g, loss, [trained]);
  expect(g.nodes.slice(before).map((node) => node.op.type)).toEqual(["Expand", "Transpose", "MatMul"]);
});

test("gradients with respect to a value in the middle stop there", () => {
  const g = new Graph();
  const x = g.input("x", "float32", [3]);
  const middle = g.apply(foreign("none"), [x], null);
  expect(grad(g, reduceSum(g, mul(g, middle, 2)), [middle])[0]!.shape).toEqual([3]);
});

test("a rule that lies about count, shape or type is named", () => {
  const lies: [Op<null>["vjp"], RegExp][] = [
    [() => [], /rule of Strange gives 0 gradients for 1 inputs/],
    [
      (g) => [g.constant(floats([4], [1, 2, 3, 4]))],
      /gradient rule of Strange, input 0: wanted shape \[3\], got \[4\]/,
    ],
    [(g) => [g.constant({ dtype: "int64", shape: [3], data: new BigInt64Array(3) })], /Strange gives int64/],
    [(_g, _n, [dy]) => [dy!, dy!], /rule of Strange gives 2 gradients for 1 inputs/],
  ];
  for (const [vjp, message] of lies) {
    const g = new Graph();
    const x = g.input("x", "float32", [3]);
    expect(() => grad(g, reduceSum(g, g.apply(foreign(vjp), [x], null)), [x])).toThrow(message);
  }
});

test("a missing rule names operator, node and the nearest cut below which to freeze", () => {
  const g = new Graph();
  const x = g.input("x", "float32", [3]);
  const w = g.input("w", "float32", [3]);
  const stem = mul(g, x, w);
  const branch = g.apply(foreign("none"), [stem], null);
  const joined = add(g, stem, branch); // the stem flows round the branch, so only here is everything in one place
  joined.name = "joined";
  const loss = reduceSum(g, tanh(g, joined));
  expect(() => grad(g, loss, [w])).toThrow(
    expect.objectContaining({
      code: "E_NO_GRADIENT",
      message: expect.stringMatching(/operator Strange: node "Strange_1" lies between "w" and "reducesum"/),
      hint: expect.stringContaining('Freeze everything up to "joined" (output of Add)'),
    }),
  );
});

test("a missing rule off the path to the trained value does no harm", () => {
  const g = new Graph();
  const x = g.input("x", "float32", [3]);
  const w = g.input("w", "float32", [3]);
  expect(() => grad(g, reduceSum(g, mul(g, g.apply(foreign("none"), [x], null), w)), [w])).not.toThrow();
});

test("first and second gradients of a two-layer network agree with finite differences", async () => {
  const random = createRandom("network");
  const normal = (shape: number[]) =>
    floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
    );
  const errors = await checkGrads(
    {
      build: (g, [x, w1, b1, w2]) => {
        const hidden = tanh(g, add(g, matmul(g, x!, w1!), b1!));
        const error = relu(g, matmul(g, hidden, w2!));
        return reduceMean(g, mul(g, error, error));
      },
      inputs: [normal([4, 3]), normal([3, 5]), normal([5]), normal([5, 2])],
    },
    { open, random, step: 1e-3 },
  );
  expect(errors.length).toBe(2);
  for (const error of errors) expect(error).toBeLessThan(1e-3);
});
