import { describe, expect, it } from "vitest";
import { convNetwork, convPictures } from "../../../test/fixtures/conv-model.ts";
import { floats } from "../../graph/dtype.ts";
import { Graph } from "../../graph/graph.ts";
import { clip } from "../../ops/clip.ts";
import { conv } from "../../ops/conv.ts";
import { relu } from "../../ops/relu.ts";
import { equalise } from "./equalise.ts";
import { observe, runPictures } from "./observe.ts";
import { pointsOf } from "./points.ts";

const pair = (ceiling: number | null) => {
  const g = new Graph();
  const x = g.input("x", "float32", [1, 1, 1, 1]);
  const y = conv(g, [x, g.constant(floats([2, 1, 1, 1], [8, 0.5]), "w1"), g.constant(floats([2], [1, 2]), "b1")]);
  const z = ceiling === null ? relu(g, y) : clip(g, y, 0, ceiling);
  g.output(conv(g, [z, g.constant(floats([1, 2, 1, 1], [2, 2]), "w2")]), "out");
  const weights = () =>
    g.nodes.filter((n) => n.op.type === "Conv").map((n) => [...(n.inputs[1]!.constant!.data as Float32Array)]);
  return { g, end: z.name, weights };
};

describe("cross-layer equalisation", () => {
  it("makes both sides of a channel equally large: s = sqrt(r1 / r2)", () => {
    const { g, weights } = pair(null);
    expect(equalise(g, new Map())).toBe(1);
    // channel 0: s = sqrt(8 / 2) = 2; channel 1: s = sqrt(0.5 / 2) = 0.5
    expect(weights()).toEqual([
      [4, 1],
      [4, 1],
    ]);
    expect([...(g.nodes[0]!.inputs[2]!.constant!.data as Float32Array)]).toEqual([0.5, 4]);
  });

  it("leaves channels at a ceiling alone and lifts no other one above it", () => {
    const { g, end, weights } = pair(6);
    // channel 0 was seen at 6; channel 1 at 4, so that it may grow by 1.5 only, not by 2
    equalise(g, new Map([[end, [6, 4]]]));
    expect(weights()[0]![0]).toBe(8);
    expect(weights()[0]![1]).toBeCloseTo(0.75, 6);
    expect(weights()[1]![1]).toBeCloseTo(2 / 1.5, 6);
  });

  it("leaves what a network computes as it is, with depthwise layers, ReLU and ReLU6", async () => {
    const pictures = convPictures(6, "equalise");
    const g = convNetwork();
    const answers = async (graph: Graph): Promise<number[]> => {
      const rows: number[] = [];
      await runPictures(graph, pictures, ({ embedding }) => rows.push(...(embedding!.data as Float32Array)));
      return rows;
    };
    const before = await answers(g);
    const names = [...pointsOf(g, new Set()).values].map((v) => v.name);
    const seen = await observe(g, names, pictures);
    const weightsOf = () =>
      g.nodes.filter((n) => n.op.type === "Conv").map((n) => [...(n.inputs[1]!.constant!.data as Float32Array)]);
    const old = weightsOf();
    // stem is read by two; expand -> depthwise and depthwise -> project can be equalised
    expect(equalise(g, new Map([...seen].map(([name, { peaks }]) => [name, peaks])))).toBe(2);
    expect(weightsOf()[2]).not.toEqual(old[2]);
    const after = await answers(g);
    after.forEach((x, i) => expect(x).toBeCloseTo(before[i]!, 4));
  });
});
