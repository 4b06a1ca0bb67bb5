import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasShared, weights } from "../../test/fixtures/shared.ts";
import { valueNamed } from "../graph/cut.ts";
import { specialise } from "../graph/specialise.ts";
import { importModel } from "../onnx/import.ts";
import { findTaps } from "./find-taps.ts";

const tapShapes = (path: string, side: number): (readonly number[] | null)[] => {
  const graph = specialise(importModel(readFileSync(path)).graph, { input: [1, 3, side, side] });
  return findTaps(graph, valueNamed(graph, "features")).map((tap) => tap.shape);
};

describe.skipIf(!hasShared)("maps from the middle of real networks", () => {
  it("MobileNetV2: the last activations at 14 x 14 and 28 x 28", () => {
    expect(tapShapes(weights("mobilenet_v2_1.0_224"), 224)).toEqual([
      [1, 576, 14, 14],
      [1, 192, 28, 28],
    ]);
  });

  it("SqueezeNet, at its own odd sizes", () => {
    const shapes = tapShapes(weights("squeezenet_v1.1_227"), 227);
    expect(shapes).toHaveLength(2);
    expect(shapes[0]![2]!).toBeLessThan(shapes[1]![2]!);
  });
});

it("takes none where a projection lies between map and feature", () => {
  const path = new URL("../../assets/handful-mini.onnx", import.meta.url).pathname;
  expect(tapShapes(path, 64)).toEqual([]);
});
