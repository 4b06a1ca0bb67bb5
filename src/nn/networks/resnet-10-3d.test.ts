import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { floats, numbersOf, sizeOf } from "../../graph/dtype.ts";
import { Graph } from "../../graph/graph.ts";
import { exportModel } from "../../onnx/export.ts";
import { openSession } from "../../runtime/node.ts";
import { createScope, type Scope } from "../layers/scope.ts";
import { normaliseVolume } from "../normalise-volume.ts";
import { resnet10In3d, resnet10In3dMap } from "./resnet-10-3d.ts";

describe("3-D ResNet-10", () => {
  it("has the 14.36 million parameters of MedicalNet's encoder, and an eighth of the size along each axis", () => {
    const g = new Graph();
    let trained = 0;
    const scope: Scope = {
      g,
      phase: "inference",
      parameter: (name, { shape, trainable = true }) => {
        if (trainable) trained += sizeOf(shape);
        return g.input(name, "float32", shape);
      },
      update: () => undefined,
    };
    expect(resnet10In3dMap(scope, g.input("x", "float32", [1, 1, 32, 24, 16])).shape).toEqual([1, 512, 4, 3, 2]);
    // by hand: weights of the convolutions, of the shortcuts, and two numbers a channel of 12 normalisations
    const weights = 64 * 343 + 27 * (2 * 64 * 64 + 192 * 128 + 384 * 256 + 768 * 512);
    const shortcuts = 64 * 128 + 128 * 256 + 256 * 512;
    expect(trained).toBe(weights + shortcuts + 2 * (3 * 64 + 3 * (128 + 256 + 512)));
    expect(trained).toBe(14_355_520);
  });

  it("runs on ONNX Runtime as its shapes say, a volume alone as in company", async () => {
    const g = new Graph();
    const scope = createScope(g, { phase: "inference", random: createRandom(1) });
    g.output(resnet10In3d(scope, g.input("x", "float32", [2, 1, 16, 16, 16]), { width: 4 }), "y");
    const random = createRandom("volumes");
    const data = Float32Array.from({ length: 2 * 4096 }, () => random.normal());
    const weights = Object.fromEntries(scope.parameters.map((p) => [p.name, p.tensor]));
    const session = await openSession(exportModel(g));
    const ask = async (values: Float32Array): Promise<number[]> =>
      numbersOf((await session.run({ ...weights, x: floats([2, 1, 16, 16, 16], values) })).y!);
    const both = await ask(data);
    const twice = await ask(Float32Array.from([...data.subarray(4096), ...data.subarray(4096)]));
    await session.close();
    expect(both).toHaveLength(2 * 32);
    expect(new Set(both).size).toBeGreaterThan(32);
    both.slice(32).forEach((v, i) => expect(twice[i]).toBeCloseTo(v, 5));
  });
});

it("levels of a volume get mean 0 and variance 1 where they are not black", async () => {
  const g = new Graph();
  g.output(normaliseVolume(g, g.input("levels", "uint8", ["n", 1, 2, 2, 1])), "x");
  const session = await openSession(exportModel(g));
  const data = Uint8Array.from([0, 100, 150, 200, 0, 0, 0, 0]);
  const { x } = await session.run({ levels: { dtype: "uint8", shape: [2, 1, 2, 2, 1], data } });
  await session.close();
  expect(x!.shape).toEqual([2, 1, 1, 2, 2]);
  // mean 150, variance (50² + 0 + 50²) / 3
  const one = 50 / Math.sqrt(5000 / 3);
  [0, -one, 0, one, 0, 0, 0, 0].forEach((v, i) => expect(numbersOf(x!)[i]).toBeCloseTo(v, 3));
});
