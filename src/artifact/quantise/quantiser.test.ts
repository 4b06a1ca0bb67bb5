import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convModel, convPictures } from "../../../test/fixtures/conv-model.ts";
import { tinyModel } from "../../../test/fixtures/tiny-model.ts";
import { verify } from "../../graph/verify.ts";
import { exportModel } from "../../onnx/export.ts";
import { importModel } from "../../onnx/import.ts";
import { openSession } from "../../runtime/node.ts";
import { prepareQuantiser } from "./quantiser.ts";

const seen = convPictures(12, "seen");
const unseen = convPictures(8, "unseen");
const prepare = async (bytes: Uint8Array) =>
  prepareQuantiser(importModel(bytes).graph, { calibration: "auto", seen, unseen });

/** Kinds of operators that ONNX Runtime really runs, with how often. */
const kernelsOf = async (model: Uint8Array): Promise<Record<string, number>> => {
  const folder = mkdtempSync(join(tmpdir(), "handful-kernels-"));
  const session = await openSession(model, { profile: join(folder, "p") });
  const { shape, pixels } = unseen;
  await session.run({ pixels: { dtype: "uint8", shape: [1, ...shape], data: pixels[0]! } });
  await session.close();
  const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), "utf8")) as {
    args?: { op_name?: string };
    name: string;
  }[];
  rmSync(folder, { recursive: true });
  const counts: Record<string, number> = {};
  for (const { args, name } of events)
    if (args?.op_name && name.endsWith("_kernel_time")) counts[args.op_name] = (counts[args.op_name] ?? 0) + 1;
  return counts;
};

describe("a network in 8 bits", () => {
  it("answers nearly as in floats, with every way, and takes the best", async () => {
    const quantiser = await prepare(await convModel());
    expect(quantiser.layers).toHaveLength(5);
    expect(quantiser.ways).toHaveLength(6); // three calibrations, with and without equalisation
    const totals = quantiser.ways.map(({ noise }) => noise.embedding + noise.probabilities);
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
    expect(quantiser.way).toEqual(quantiser.ways[0]);
    expect(quantiser.way.noise.embedding).toBeLessThan(0.01);
    expect(quantiser.way.noise.probabilities).toBeLessThan(0.02);
    expect(totals.every((noise) => noise > 0)).toBe(true);
  });

  it("is a legal graph with the same interface, and ONNX Runtime runs it in whole numbers", async () => {
    const bytes = await convModel();
    const { graph } = importModel(bytes);
    const quantiser = await prepare(bytes);
    const all = quantiser.build(new Set());
    expect(verify(all)).toEqual([]);
    expect(all.outputs.map(({ name, dims }) => [name, dims])).toEqual(
      graph.outputs.map(({ name, dims }) => [name, dims]),
    );
    const kernels = await kernelsOf(exportModel(all));
    expect(kernels).toMatchObject({ QLinearConv: 5, QLinearAdd: 1, NhwcMaxPool: 1 });
    for (const type of ["Conv", "FusedConv", "Clip", "Relu"]) expect(kernels[type]).toBeUndefined();
  });

  it("leaves the layers named in floats", async () => {
    const quantiser = await prepare(await convModel());
    const kernels = await kernelsOf(exportModel(quantiser.build(new Set([quantiser.layers[1]!]))));
    expect(kernels.QLinearConv).toBe(4);
    expect((kernels.Conv ?? 0) + (kernels.FusedConv ?? 0)).toBe(1);
    const none = quantiser.build(new Set(quantiser.layers));
    expect(none.nodes.some(({ op }) => op.type === "QuantizeLinear")).toBe(false);
  });

  it("names the layers that hurt: those with one channel a hundred times the others, which nothing reads", async () => {
    const { graph } = importModel(await convModel());
    const [, , , project, last] = graph.nodes.filter(({ op }) => op.type === "Conv");
    (project!.inputs[2]!.constant!.data as Float32Array)[0] = 500;
    const weights = last!.inputs[1]!.constant!.data as Float32Array;
    for (let o = 0; o < 8; o++) weights[6 * o] = 0;
    const quantiser = await prepareQuantiser(graph, { calibration: "min-max", seen, unseen });
    const found = await quantiser.sensitivities();
    const noises = found.map(({ noise }) => noise.embedding + noise.probabilities);
    expect(noises).toEqual([...noises].sort((a, b) => b - a));
    // the first gives those bytes, the second reads them
    expect(new Set(found.slice(0, 2).map(({ layer }) => layer))).toEqual(new Set([project!.name, last!.name]));
    expect(noises[1]).toBeGreaterThan(20 * noises[2]!);
  });

  it("gives the same bytes twice", async () => {
    const [a, b] = [await prepare(await convModel()), await prepare(await convModel())];
    expect(exportModel(a.build(new Set()))).toEqual(exportModel(b.build(new Set())));
  });

  it("refuses what is quantised already, and what has nothing to quantise", async () => {
    const quantiser = await prepare(await convModel());
    const again = prepareQuantiser(quantiser.build(new Set()), { calibration: "auto", seen, unseen });
    await expect(again).rejects.toMatchObject({ code: "E_QUANTISED" });
    await expect(prepare(await tinyModel())).rejects.toMatchObject({ code: "E_NOTHING_TO_QUANTISE" });
  });
});
