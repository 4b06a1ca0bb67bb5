import { expect, it } from "vitest";
import { floats } from "../../graph/dtype.ts";
import { Graph } from "../../graph/graph.ts";
import { conv } from "../../ops/conv.ts";
import { correctedBias } from "./bias.ts";

const layer = (weights: readonly number[], shape: readonly number[], group = 1) => {
  const g = new Graph();
  const x = g.input("x", "float32", [1, shape[1]! * group, 4, 4]);
  conv(g, [x, g.constant(floats(shape, weights)), g.constant(floats([shape[0]!], [0.5, -0.5]))], { group });
  return g.nodes[0]!;
};

it("removes a planted bias: rounded weights that are all too large", () => {
  const node = layer([0.9, 1.9, -0.1, 2.9], [2, 2, 1, 1]);
  // rounded to 1, 2, 0, 3: each 0.1 too large; inputs of mean 10 and 20 add 0.1 x 30 to both channels
  const rounded = { values: Int8Array.of(1, 2, 0, 3), scales: Float32Array.of(1, 1) };
  const [a, b] = correctedBias(node, rounded, [10, 20]);
  expect(a).toBeCloseTo(0.5 - 3, 5);
  expect(b).toBeCloseTo(-0.5 - 3, 5);
  expect([...correctedBias(node, rounded, undefined)]).toEqual([0.5, -0.5]);
});

it("takes each channel's own input where channels stand apart, over the whole kernel", () => {
  const node = layer([1, 1, 1, 1], [2, 1, 1, 2], 2);
  const rounded = { values: Int8Array.of(5, 5, 2, 2), scales: Float32Array.of(0.25, 0.25) }; // 1.25 and 0.5 for 1
  const [a, b] = correctedBias(node, rounded, [4, 100]);
  expect(a).toBeCloseTo(0.5 - 2 * 0.25 * 4, 5);
  expect(b).toBeCloseTo(-0.5 + 2 * 0.5 * 100, 5);
});
