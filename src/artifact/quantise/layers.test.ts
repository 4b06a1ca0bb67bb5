import { expect, it } from "vitest";
import { convNetwork } from "../../../test/fixtures/conv-model.ts";
import { isDepthwise, layersOf } from "./layers.ts";
import { pointsOf } from "./points.ts";

it("finds convolutions with their activations, and which filter channels apart", () => {
  const layers = layersOf(convNetwork());
  expect(layers.map(({ activation }) => activation.map(({ op }) => op.type))).toEqual([
    ["Clip"],
    ["Clip"],
    ["Relu"],
    [],
    ["Relu"],
  ]);
  expect(layers.map(({ conv }) => isDepthwise(conv))).toEqual([false, false, true, false, false]);
});

it("carries sums and maxima as bytes only where all they read are bytes", () => {
  const g = convNetwork();
  const kinds = (floats: readonly string[]): string[] =>
    [...pointsOf(g, new Set(floats)).nodes.keys()].map(({ op }) => op.type);
  expect(kinds([])).toEqual(["Conv", "Conv", "Conv", "Conv", "Add", "MaxPool", "Conv"]);
  const project = layersOf(g)[3]!.name;
  expect(kinds([project])).toEqual(["Conv", "Conv", "Conv", "Conv"]);
});
