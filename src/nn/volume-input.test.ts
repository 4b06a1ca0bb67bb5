import { expect, it } from "vitest";
import type { Preprocess } from "../base/preprocess.ts";
import { Graph } from "../graph/graph.ts";
import { volumeInput, volumeSettings } from "./volume-input.ts";

const settings: Preprocess = {
  height: 32,
  width: 32,
  fit: "crop",
  resizeTo: 32,
  background: [0, 0, 0],
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "RGB",
};

const inputs = (...all: readonly (readonly (number | string)[])[]): Graph => {
  const g = new Graph();
  all.forEach((dims, i) => g.input(`x${i}`, "float32", dims));
  return g;
};

it("a network of one float32 input of five axes and one channel takes volumes", () => {
  expect(volumeInput(inputs(["n", 1, "d", "h", "w"]))).toMatchObject({ batch: null, depth: null, width: null });
  expect(volumeInput(inputs([1, 1, 56, 448, 448]))).toMatchObject({ batch: 1, depth: 56, height: 448, width: 448 });
  for (const other of [inputs(["n", 3, 8, 8]), inputs(["n", 3, 8, 8, 8]), inputs(["n", 1, 8, 8, 8], ["n"])])
    expect(volumeInput(other)).toBeNull();
});

it("what the network leaves open is a cube of the stated size", () => {
  const open = volumeInput(inputs(["n", 1, "d", "h", "w"]))!;
  expect(volumeSettings(settings, open)).toMatchObject({ depth: 32, height: 32, width: 32, fit: "squash" });
  const fixed = volumeInput(inputs([1, 1, 56, 64, 48]))!;
  expect(volumeSettings({ ...settings, spacing: 2 }, fixed)).toMatchObject({
    depth: 56,
    height: 64,
    width: 48,
    spacing: 2,
  });
});
