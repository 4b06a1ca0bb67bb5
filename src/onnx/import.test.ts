import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasShared, weights } from "../../test/fixtures/shared.ts";
import { openSession } from "../runtime/node.ts";
import { exportModel } from "./export.ts";
import { importModel } from "./import.ts";

const models = [
  ["mobilenet_v1_0.25_128", 128],
  ["mobilenet_v1_0.5_160", 160],
  ["mobilenet_v2_0.35_224", 224],
  ["mobilenet_v2_1.0_224", 224],
  ["squeezenet_v1.1_227", 227],
] as const;

describe.skipIf(!hasShared)("a real model read and written again", () => {
  it.each(models)("%s gives the same outputs, bit for bit", async (name, side) => {
    const bytes = readFileSync(weights(name));
    const { graph, metadata, domains } = importModel(bytes);
    const again = exportModel(graph, { metadata, domains });
    const data = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * 0.37));
    const feeds = { input: { dtype: "float32" as const, shape: [1, 3, side, side], data } };
    const [before, after] = [await openSession(bytes), await openSession(again)];
    expect(await after.run(feeds)).toEqual(await before.run(feeds));
    await before.close();
    await after.close();
  });
});
