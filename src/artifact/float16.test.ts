import { describe, expect, it } from "vitest";
import { convModel, convPictures } from "../../test/fixtures/conv-model.ts";
import { importModel } from "../onnx/import.ts";
import { halfBits, halveWeights } from "./float16.ts";
import { runPictures } from "./quantise/observe.ts";

const bitsOf = (x: number): number => halfBits(new Uint32Array(Float32Array.of(x).buffer)[0]!);

describe("float16", () => {
  it("is written as the standard says", () => {
    const cases: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65520, 0x7c00],
      [Infinity, 0x7c00],
      [1 / 3, 0x3555],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0],
      [3 * 2 ** -25, 0x0002], // a tie goes to even
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
    ];
    for (const [x, bits] of cases) expect([x, bitsOf(x)]).toEqual([x, bits]);
    expect(bitsOf(NaN) & 0x7fff).toBeGreaterThan(0x7c00);
  });

  it("stores large weights in half the bits and answers nearly the same", async () => {
    const { graph } = importModel(await convModel());
    // the test network's weights are small: a head of 8 x 32 is the least that is halved
    const { graph: same, halved: none } = halveWeights(graph);
    expect(none).toBe(0);
    expect(same.nodes.map(({ op }) => op.type)).toEqual(graph.nodes.map(({ op }) => op.type));
    const big = graph.nodes.find(({ op }) => op.type === "Conv")!;
    const { constant } = big.inputs[1]!;
    const grown = new Float32Array(6 * 3 * 5 * 5);
    (constant!.data as Float32Array).forEach(
      (w, i) => (grown[25 * Math.floor(i / 9) + 6 + 5 * Math.floor((i % 9) / 3) + (i % 3)] = w),
    );
    const value = {
      ...big.inputs[1]!,
      shape: [6, 3, 5, 5],
      constant: { dtype: "float32" as const, shape: [6, 3, 5, 5], data: grown },
    };
    big.inputs = [big.inputs[0]!, value, big.inputs[2]!];
    Object.assign(big.attributes!, { pads: [2, 2, 2, 2] });
    const { graph: small, halved } = halveWeights(graph);
    expect(halved).toBe(1);
    const rows: Record<string, number[]> = { before: [], after: [] };
    for (const [name, g] of [
      ["before", graph],
      ["after", small],
    ] as const)
      await runPictures(g, convPictures(2, "half"), ({ embedding }) =>
        rows[name]!.push(...(embedding!.data as Float32Array)),
      );
    expect(rows.after).not.toEqual(rows.before);
    rows.after!.forEach((x, i) => expect(Math.abs(x - rows.before![i]!)).toBeLessThan(0.01));
  });
});
