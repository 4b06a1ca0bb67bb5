import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasShared, weights } from "../../test/fixtures/shared.ts";
import { createRandom } from "../base/random.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { importModel } from "../onnx/import.ts";
import { add } from "../ops/add.ts";
import { mul } from "../ops/mul.ts";
import { relu } from "../ops/relu.ts";
import { sigmoid } from "../ops/sigmoid.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { findBlocks, learnedConstants } from "./blocks.ts";
import { conv, type ConvOptions } from "./layers/conv.ts";
import { createScope, within, type Scope } from "./layers/scope.ts";
import { conv4 } from "./networks/conv-4.ts";
import { resnet12 } from "./networks/resnet-12.ts";

/** Blocks of a network whose parameters are constants. */
const blocksOf = (network: (scope: Scope, x: Value) => Value) => {
  const g = new Graph("network");
  const x = g.input("x", "float32", [1, 3, 32, 32]);
  const scope = createScope(g, {
    phase: "inference",
    random: createRandom(1),
    stand: ({ name, tensor }) => g.constant(tensor, name),
  });
  const y = network(scope, x);
  return { blocks: findBlocks(g, x, y), x, y };
};

const realBlocks = (name: string) => {
  const { graph } = importModel(readFileSync(weights(name)));
  return findBlocks(
    graph,
    graph.inputs[0]!,
    graph.outputs.find((v) => v.name === "features")!,
  );
};

it("a plain network: a block a convolution, with what follows it", () => {
  const { blocks, x, y } = blocksOf(conv4);
  expect(blocks.map((b) => [b.name, b.kind])).toEqual([1, 2, 3, 4].map((i) => [`block ${i}`, "convolution"]));
  expect(blocks[0]!.nodes.map((n) => n.op.type)).toEqual(["Conv", "BatchNormalization", "MaxPool", "Relu"]);
  expect(blocks[0]!.size).toBe(3 * 9 * 64 + 2 * 64); // running moments are not learned
  expect(blocks[0]!.from).toBe(x);
  expect(blocks[3]!.to).toBe(y);
});

it("residual parts stay whole", () => {
  const { blocks } = blocksOf((scope, x) => resnet12(scope, x, { widths: [4, 6, 8, 10] }));
  expect(blocks.map((b) => b.kind)).toEqual(["residual", "residual", "residual", "residual"]);
});

it("a gate goes with the layer that it gates", () => {
  const layer = (scope: Scope, x: Value, name: string, options: Partial<ConvOptions> = {}): Value =>
    conv(within(scope, name), x, { channels: 8, kernel: 1, ...options });
  const { blocks } = blocksOf((scope, x) => {
    const { g } = scope;
    const stem = relu(g, layer(scope, x, "stem", { kernel: 3 }));
    const wide = relu(g, layer(scope, stem, "expand", { channels: 16 }));
    const deep = relu(g, layer(scope, wide, "depthwise", { channels: 16, kernel: 3, groups: 16 }));
    const squeezed = reduceMean(g, deep, { axes: [2, 3], keepdims: 1 });
    const gated = mul(g, deep, sigmoid(g, layer(scope, squeezed, "gate", { channels: 16 })));
    const narrow = layer(scope, gated, "project");
    return add(g, narrow, layer(scope, narrow, "side", { kernel: 3 }));
  });
  expect(blocks.map((b) => b.kind)).toEqual(["convolution", "inverted residual without skip", "residual"]);
});

describe.skipIf(!hasShared)("blocks of real networks", () => {
  it("MobileNetV2: stem, 17 bottlenecks, last convolution", () => {
    const kinds = realBlocks("mobilenet_v2_1.0_224").map((b) => b.kind);
    expect(kinds).toHaveLength(19);
    expect(kinds[0]).toBe("convolution");
    expect(kinds[1]).toBe("depthwise separable");
    expect(kinds.filter((kind) => kind.startsWith("inverted residual"))).toHaveLength(16);
    expect(kinds.filter((kind) => kind === "inverted residual")).toHaveLength(10);
    expect(kinds.at(-1)).toBe("convolution");
  });

  it("MobileNetV1: stem and 13 separable convolutions", () => {
    const kinds = realBlocks("mobilenet_v1_0.5_160").map((b) => b.kind);
    expect(kinds).toEqual(["convolution", ...Array<string>(13).fill("depthwise separable")]);
  });

  it("SqueezeNet: stem and 8 fire modules", () => {
    const kinds = realBlocks("squeezenet_v1.1_227").map((b) => b.kind);
    expect(kinds).toEqual(["convolution", ...Array<string>(8).fill("branches")]);
  });

  it("all weights belong to some block", () => {
    const { graph } = importModel(readFileSync(weights("mobilenet_v2_1.0_224")));
    const blocks = findBlocks(
      graph,
      graph.inputs[0]!,
      graph.outputs.find((v) => v.name === "features")!,
    );
    const [all, classifier] = [learnedConstants(graph.nodes), 2];
    expect(blocks.flatMap((b) => learnedConstants(b.nodes))).toHaveLength(all.length - classifier);
    expect(blocks.reduce((sum, b) => sum + b.size, 0)).toBeGreaterThan(2_000_000);
  });
});
