import { expect, it } from "vitest";
import { batchNormalization } from "../ops/batch-normalization.ts";
import { conv } from "../ops/conv.ts";
import { relu } from "../ops/relu.ts";
import { floats } from "./dtype.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { Graph } from "./graph.ts";
import { verify } from "./verify.ts";

const network = (bias: boolean, tapped: boolean): Graph => {
  const g = new Graph();
  const vector = (...numbers: number[]) => g.constant(floats([numbers.length], numbers));
  const x = g.input("x", "float32", [1, 1, 1, 1]);
  const y = conv(g, [x, g.constant(floats([2, 1, 1, 1], [2, 3]), "w"), bias ? vector(1, -1) : null]);
  const norm = { scale: vector(4, 6), bias: vector(10, 20), mean: vector(1, 2), variance: vector(3, 8), epsilon: 1 };
  g.output(relu(g, batchNormalization(g, y, norm)), "out");
  if (tapped) g.output(y, "tapped");
  return g;
};

it("folds a normalisation into the convolution before it: w γ / √(σ² + ε), (b - μ) γ / √(σ² + ε) + β", () => {
  const g = network(true, false);
  foldBatchNorm(g);
  expect(g.nodes.map(({ op }) => op.type)).toEqual(["Conv", "Relu"]);
  const [, w, b] = g.nodes[0]!.inputs;
  expect([...(w!.constant!.data as Float32Array)]).toEqual([4, 6]);
  expect([...(b!.constant!.data as Float32Array)]).toEqual([10, 14]);
  expect(verify(g)).toEqual([]);
});

it("makes a bias where there was none, and keeps out where the convolution is read elsewhere", () => {
  const g = network(false, false);
  foldBatchNorm(g);
  expect([...(g.nodes[0]!.inputs[2]!.constant!.data as Float32Array)]).toEqual([8, 16]);
  const tapped = network(true, true);
  foldBatchNorm(tapped);
  expect(tapped.nodes).toHaveLength(3);
});
