import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { Graph } from "../../src/graph/graph.ts";
import { createScope } from "../../src/nn/layers/scope.ts";
import { resnet10In3dMap } from "../../src/nn/networks/resnet-10-3d.ts";
import { exportModel } from "../../src/onnx/export.ts";
import { openSession } from "../../src/runtime/node.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { compressed, niftiFile } from "../fixtures/medical.ts";
import { solidInNoise } from "../fixtures/volumes.ts";

const SIDE = 16;
/** Networks so small only wait for each other on several. */
const ONE_THREAD = ["--threads", "1"];
const folder = mkdtempSync(join(tmpdir(), "handful-volumes-"));
/** Six networks are trained: seconds on a machine at rest. */
const handful = commandLine(folder, {}, 110_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const volume = (kind: "sphere" | "rod", key: string): Buffer =>
  compressed(niftiFile([SIDE, SIDE, SIDE], solidInNoise(kind, SIDE, key), { spacing: [2, 2, 2] }));

/** MedicalNet's encoder as it is exported: a volume of open sizes in, the last map out. */
const medicalNet = (): Uint8Array => {
  const g = new Graph("medicalnet");
  const x = g.input("input", "float32", [1, 1, SIDE, SIDE, SIDE]);
  const scope = createScope(g, {
    phase: "inference",
    random: createRandom("medicalnet"),
    stand: ({ name, tensor }) => g.constant(tensor, name),
  });
  const map = resnet10In3dMap(scope, x, { width: 8 });
  x.dims = ["batch", 1, "depth", "height", "width"];
  g.output(map, "layer4", ["batch", 64, "d", "h", "w"]);
  return exportModel(g);
};

interface Metrics {
  readonly evidence: {
    readonly accuracy: { readonly value: number; readonly interval: object };
    readonly selection: { readonly contestants?: readonly { readonly text: string }[] };
    readonly protocol: { readonly text: string };
  };
  readonly backbone: { readonly source: string };
}
const metricsOf = (run: string): Metrics => JSON.parse(readFileSync(join(folder, run, "metrics.json"), "utf8"));

beforeAll(() => {
  for (const kind of ["sphere", "rod"] as const) {
    mkdirSync(join(folder, "volumes", kind), { recursive: true });
    for (let i = 0; i < 6; i++) writeFileSync(join(folder, "volumes", kind, `${i}.nii.gz`), volume(kind, String(i)));
  }
  writeFileSync(join(folder, "new.nii.gz"), volume("rod", "new"));
  writeFileSync(join(folder, "medicalnet.onnx"), medicalNet());
});

describe("a folder of volumes", () => {
  it("is recognised, and a 3-D network trained on it by cross-validation", () => {
    const { code, err } = handful([
      "train",
      "volumes",
      "--image-size",
      "8",
      "--epochs",
      "2",
      ...ONE_THREAD,
      "--out",
      "scratch",
    ]);
    expect(code, err).toBe(0);
    expect(err).toContain("resnet-10-3d for volumes of 8 x 8 x 8, with random weights");
    const { evidence, backbone } = metricsOf("scratch");
    expect(backbone.source).toBe("random");
    expect(evidence.protocol.text).toContain("5-fold");
    expect(evidence.accuracy.interval).toBeTruthy();
    expect(evidence.selection.contestants![1]!.text).toBe("3-D ResNet-10 trained from scratch (2 epochs)");
  });

  it("gives one model file that takes levels of volumes, in any runtime", async () => {
    const bytes = readFileSync(join(folder, "scratch", "model.onnx"));
    const session = await openSession(bytes);
    const data = new Uint8Array(8 ** 3).fill(7);
    const { probabilities } = await session.run({ pixels: { dtype: "uint8", shape: [1, 8, 8, 8, 1], data } });
    await session.close();
    expect(probabilities!.shape).toEqual([1, 2]);
    expect(handful(["model", "show", "scratch"]).out).toContain("pixels uint8 [n, 8, 8, 8, 1], levels of volumes");
  });

  it("is scored, and a new volume named; a picture in its place is refused", () => {
    const { predictions } = JSON.parse(handful(["predict", "scratch", "new.nii.gz", "--json"]).out) as {
      predictions: { probabilities: { probability: number }[] }[];
    };
    const sum = predictions[0]!.probabilities.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeCloseTo(1, 5);
    expect(handful(["eval", "scratch", "volumes"]).code).toBe(0);
    writeFileSync(join(folder, "picture.png"), Buffer.from(PIXEL, "base64"));
    const { code, out } = handful(["predict", "scratch", "picture.png"]);
    expect(code).toBe(3);
    expect(out).toContain("wanted a volume (NIfTI), got a png picture");
    expect(handful(["predict", "scratch", "new.nii.gz", "--looks", "4"]).err).toContain("this model takes volumes");
  });
});

/** A PNG of one pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("MedicalNet given as ONNX", () => {
  it("is recognised by its input of five axes; frozen, with the ordinary heads on it", () => {
    const flags = ["--backbone", "medicalnet.onnx", "--image-size", String(SIDE)];
    const { code, err } = handful([
      "train",
      "volumes",
      ...flags,
      "--spacing",
      "2.5",
      ...ONE_THREAD,
      "--out",
      "medical",
    ]);
    expect(code, err).toBe(0);
    expect(err).toContain("[n, 64, 2, 2, 2], averaged over the map");
    const { evidence, backbone } = metricsOf("medical");
    expect(backbone.source).toBe("file");
    expect(evidence.selection.contestants).toBeUndefined();
    const shown = handful(["model", "show", "medical", "--json"]).out;
    expect(shown).toContain('"depth":16,"spacing":2.5');
    expect(handful(["predict", "medical", "new.nii.gz"]).code).toBe(0);
  });

  it("a network of pictures sees the middle planes instead", () => {
    const { code, err } = handful(["train", "volumes", "--backbone", "handful-mini", ...ONE_THREAD, "--out", "planes"]);
    expect(code, err).toBe(0);
    expect(err).toContain("12 images of several planes: a network of pictures sees the middle one");
    expect(handful(["predict", "planes", "new.nii.gz"]).code).toBe(0);
  });
});
