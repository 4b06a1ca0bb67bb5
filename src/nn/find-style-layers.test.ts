import { expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { Graph, shapeOf } from "../graph/graph.ts";
import { matmul } from "../ops/matmul.ts";
import { relu } from "../ops/relu.ts";
import { reshape } from "../ops/reshape.ts";
import { findStyleLayers } from "./find-style-layers.ts";
import { conv } from "./layers/conv.ts";
import { createScope, within } from "./layers/scope.ts";

it("takes the last activation at each resolution down to a sixteenth, and an eighth for content", () => {
  const g = new Graph("network");
  const scope = createScope(g, { phase: "inference", random: createRandom(0) });
  let y = g.input("image", "float32", [1, 3, 64, 64]);
  for (let i = 0; i < 6; i++) {
    y = relu(g, conv(within(scope, `down${i}`), y, { channels: 4, kernel: 3, stride: 2 }));
    y = relu(g, conv(within(scope, `same${i}`), y, { channels: 4, kernel: 3 }));
  }
  const { content, style } = findStyleLayers(g);
  expect(style.map((v) => shapeOf(v)[2])).toEqual([32, 16, 8, 4]);
  expect(style.map((v) => v.producer!.name)).toEqual(["Relu_3", "Relu_7", "Relu_11", "Relu_15"]);
  expect(content).toBe(style[2]);
});

it("refuses networks without maps", () => {
  const g = new Graph("network");
  const x = g.input("image", "float32", [1, 3, 8, 8]);
  relu(g, matmul(g, reshape(g, x, [1, 192]), reshape(g, x, [192, 1])));
  expect(() => findStyleLayers(g)).toThrow(expect.objectContaining({ code: "E_MODEL_STYLE", kind: "damaged" }));
});
