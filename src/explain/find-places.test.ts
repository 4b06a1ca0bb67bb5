import { describe, expect, it } from "vitest";
import { floats } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { averagePool } from "../ops/average-pool.ts";
import { conv } from "../ops/conv.ts";
import { matmul } from "../ops/matmul.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { relu } from "../ops/relu.ts";
import { reshape } from "../ops/reshape.ts";
import { sigmoid } from "../ops/sigmoid.ts";
import { add } from "../ops/add.ts";
import { concat } from "../ops/concat.ts";
import { tinyTransformer } from "../../test/fixtures/tiny-transformer.ts";
import { findPlaces } from "./find-places.ts";

const weights = (g: Graph, ...shape: number[]): Value =>
  g.constant(floats(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.1)), "weights");

const pooled = (g: Graph, map: Value): Value => reduceMean(g, map, { axes: [2, 3], keepdims: 0 });

const network = (build: (g: Graph, image: Value) => Value): ReturnType<typeof findPlaces> => {
  const g = new Graph("network");
  const image = g.input("image", "float32", [1, 3, 8, 8]);
  return findPlaces(g, build(g, image));
};

const names = (places: ReturnType<typeof findPlaces>): string[] => places.map(({ value }) => value.name);

describe("places of a network", () => {
  it("finds the last map before pooling, and looks through what only averages it", () => {
    const places = network((g, image) => {
      const map = relu(g, conv(g, [image, weights(g, 4, 3, 3, 3)], { pads: [1, 1, 1, 1] }));
      const quarters = averagePool(g, map, { kernel_shape: [4, 4], strides: [4, 4] });
      return matmul(g, reshape(g, quarters, [1, 16]), weights(g, 16, 2));
    });
    expect(places).toMatchObject([{ kind: "map", height: 8, width: 8, skip: 0 }]);
    expect(names(places)).toEqual(["relu"]);
  });

  it("passes over the pooling of a gate that goes back to the map", () => {
    const places = network((g, image) => {
      const map = conv(g, [image, weights(g, 4, 3, 1, 1)]);
      const gate = sigmoid(g, reduceMean(g, map, { axes: [2, 3] }));
      return matmul(g, pooled(g, relu(g, mul(g, map, gate))), weights(g, 4, 2));
    });
    expect(names(places)).toEqual(["relu"]);
  });

  it("finds every map that is pooled side by side, also by its square", () => {
    const places = network((g, image) => {
      const early = relu(g, conv(g, [image, weights(g, 4, 3, 1, 1)]));
      const late = relu(g, conv(g, [early, weights(g, 4, 4, 2, 2)], { strides: [2, 2] }));
      const parts = [late, early, mul(g, early, early)].map((map) => pooled(g, map));
      return matmul(g, concat(g, parts, 1), weights(g, 12, 2));
    });
    expect(names(places).sort()).toEqual(["relu", "relu_2"]);
  });

  it("finds token lists of a transformer, last first, with their grid", () => {
    const g = tinyTransformer().graph;
    const places = findPlaces(g, g.outputs[0]!);
    expect(places.length).toBeGreaterThan(3);
    for (const place of places) expect(place).toMatchObject({ kind: "tokens", height: 4, width: 4 });
    expect(places.map(({ skip }) => skip).lastIndexOf(1)).toBe(places.findIndex(({ skip }) => skip === 0) - 1);
    expect(g.nodes.indexOf(places[0]!.value.producer!)).toBeGreaterThan(
      g.nodes.indexOf(places.at(-1)!.value.producer!),
    );
  });

  it("finds nothing in a network that never knew places", () => {
    expect(network((g, image) => matmul(g, reshape(g, image, [1, 192]), weights(g, 192, 2)))).toEqual([]);
    const colour = network((g, image) => add(g, pooled(g, image), 1));
    expect(colour).toEqual([]);
  });
});
