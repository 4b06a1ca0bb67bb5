import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspectModel, readModelFile } from "../../src/artifact/load.ts";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { convBackbone } from "../fixtures/conv-backbone.ts";
import { hasShared, images, weights } from "../fixtures/shared.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-quantize-"));
const handful = commandLine(folder);

interface Report {
  out: string;
  layers: number;
  floatLayers: string[];
  ways: { calibration: string }[];
  accuracy: { before: number; after: number };
  difference: { mean: number; interval: { low: number; high: number } };
  agreement: number;
  sizeBytes: { before: number; after: number };
  neighbours: { before: number; after: number };
  photos: { calibrated: number; asked: number; learned: number };
  speed: { threads: number; batch: number; ratio: number }[];
  notes: string[];
}

const reportOf = (out: string): Report => JSON.parse(out) as Report;

beforeAll(async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 12 });
  await writeDemoSet(join(folder, "more"), { seed: 4, perClass: 12 });
  for (const label of readdirSync(join(folder, "more")))
    for (const file of readdirSync(join(folder, "more", label)))
      renameSync(join(folder, "more", label, file), join(folder, "more", label, `new-${file}`));
  writeFileSync(join(folder, "net.onnx"), convBackbone());
  const train = ["train", "photos", "--backbone", join(folder, "net.onnx"), "--head", "ridge", "--out", "run"];
  const { code, err } = handful([...train, "--mean", "0.5", "--std", "0.5", "--image-size", "32"]);
  expect(err).not.toMatch(/error/);
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("quantize", () => {
  it("writes a smaller model beside it, that says what was lost, and that every command reads", async () => {
    const label = readdirSync(join(folder, "more"))[0]!;
    mkdirSync(join(folder, "more", "nonesuch"));
    cpSync(join(folder, "more", label), join(folder, "more", "nonesuch"), { recursive: true });
    writeFileSync(join(folder, "more", label, "torn.png"), "no picture");
    const { code, out, err } = handful(["quantize", "run", "--calibrate", "more", "--max-loss", "10", "--json"]);
    expect(err).not.toMatch(/error/);
    expect(code).toBe(0);
    const report = reportOf(out);
    const names = report.notes.join("\n");
    expect(names).toMatch(/12 photos of classes the model does not know were dropped/);
    expect(names).toMatch(/1 photos? could not be read/);
    expect(report.out).toBe(join(folder, "run", "model-int8.onnx"));
    expect(statSync(report.out).size).toBe(report.sizeBytes.after);
    expect(report.sizeBytes.after).toBeLessThan(0.4 * report.sizeBytes.before);
    expect(report.layers).toBe(3);
    expect(report.ways.length).toBe(6);
    expect(report.photos).toEqual({ calibrated: 16, asked: 32, learned: 0 });
    expect(report.agreement).toBeGreaterThan(0.85);
    expect(report.difference.mean).toBeCloseTo(report.accuracy.after - report.accuracy.before, 10);
    const { metadata } = inspectModel(await readModelFile(report.out));
    expect(metadata.quantisation).toMatchObject({ weights: "int8", layers: 3, photos: 32 });
    expect(metadata.training.names).toHaveLength(report.neighbours.after);
    const shown = handful(["eval", "run/model-int8.onnx", "more", "--json"]);
    expect(shown.code).toBe(0);
    const again = handful(["quantize", "run/model-int8.onnx", "--calibrate", "more"]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.err).toMatch(/quantised already/);
  });

  it("asks heads learned again without a photo where the model learned from it; the same twice", () => {
    const args = ["quantize", "run", "--calibrate", "photos", "--max-loss", "10", "--method", "percentile", "--json"];
    const [first, second] = ["a.onnx", "b.onnx"].map((file) => reportOf(handful([...args, "--out", file]).out));
    expect(first!.photos).toEqual({ calibrated: 16, asked: 32, learned: 32 });
    expect(first!.ways.map(({ calibration }) => calibration)).toEqual(["percentile", "percentile"]);
    expect(first!.accuracy.before).toBeLessThan(1);
    expect({ ...first, out: "", speed: [] }).toEqual({ ...second, out: "", speed: [] });
  });

  it("stores weights in 16 bits with nearly the same answers", async () => {
    const { code, out } = handful(["quantize", "run", "--calibrate", "more", "--float16"]);
    expect(code).toBe(0);
    expect(out).toMatch(/5 weights in 16 bits/);
    expect(out).toMatch(/change 0\.00 points/);
    expect(out).toMatch(/agreement +(9[5-9]\.\d\d|100\.00) %/);
    const { metadata } = inspectModel(await readModelFile(join(folder, "run", "model-float16.onnx")));
    expect(metadata.quantisation).toMatchObject({ weights: "float16", calibration: null, floatLayers: [] });
    const twice = handful(["quantize", "run/model-float16.onnx", "--calibrate", "more", "--float16"]);
    expect(twice).toMatchObject({ code: 2 });
    expect(twice.err).toMatch(/next to no float32 weights/);
  });

  it("refuses to write what loses more than allowed, and names the layers that hurt", () => {
    writeFileSync(join(folder, "fragile.onnx"), convBackbone(true));
    const train = ["train", "photos", "--backbone", join(folder, "fragile.onnx"), "--head", "ridge", "--out", "weak"];
    expect(handful([...train, "--mean", "0.5", "--std", "0.5", "--image-size", "32"]).code).toBe(0);
    const { code, err } = handful(["quantize", "weak", "--calibrate", "photos", "--method", "min-max"]);
    expect(err).toMatch(/cost -?\d+\.\d points of accuracy \(0\.5 points are allowed\), and \d+ % of the photos keep/);
    expect(err).toMatch(/the layers that hurt most: Conv_\d+ \(noise/);
    expect(code).toBe(5);
    expect(readdirSync(join(folder, "weak"))).not.toContain("model-int8.onnx");
  });

  it.each([
    [["run"], 2, /needs photos to calibrate on/],
    [["run", "--calibrate", "nowhere", "--out", "new.onnx"], 3, /nowhere/],
    [["run", "--calibrate", "empty", "--out", "new.onnx"], 3, /empty/],
    [["run", "--calibrate", "flat", "--out", "new.onnx"], 3, /carry no labels/],
    [["run", "--calibrate", "others", "--out", "new.onnx"], 3, /no photo of a class the model knows/],
    [["run", "--calibrate", "few", "--out", "new.onnx"], 3, /wanted at least 12 readable photos, got 8/],
    [["run", "--calibrate", "more", "--method", "median"], 2, /min-max/],
    [["run", "--calibrate", "more", "--out", "run/model.onnx"], 2, /names the model itself/],
    [["run", "--calibrate", "more", "--out", "taken.onnx"], 2, /there already/],
    [["net.onnx", "--calibrate", "more"], 4, /not one that Handful wrote/],
    [["none.onnx", "--calibrate", "more"], 6, /no such model file/],
  ])("refuses %j", (args, wanted, message) => {
    const [label] = readdirSync(join(folder, "photos"));
    mkdirSync(join(folder, "empty"), { recursive: true });
    cpSync(join(folder, "photos", label!), join(folder, "flat"), { recursive: true });
    cpSync(join(folder, "photos", label!), join(folder, "others", "nonesuch"), { recursive: true });
    for (const name of readdirSync(join(folder, "photos")).slice(0, 4))
      for (const file of readdirSync(join(folder, "photos", name)).slice(0, 2))
        cpSync(join(folder, "photos", name, file), join(folder, "few", name, file));
    writeFileSync(join(folder, "taken.onnx"), "something");
    const { code, err } = handful(["quantize", ...args]);
    expect(err).toMatch(message);
    expect(code).toBe(wanted);
  });
});

describe.skipIf(!hasShared)("quantize of MobileNetV2", () => {
  it("keeps within half a point on photos it has not seen, at two fifths of the size", () => {
    const flowers = images("flowers12");
    for (const split of ["train", "test"])
      for (const name of readdirSync(join(flowers, split)).slice(0, 4))
        for (const file of readdirSync(join(flowers, split, name)).slice(0, split === "train" ? 6 : 20))
          cpSync(join(flowers, split, name, file), join(folder, `flowers-${split}`, name, file));
    const backbone = weights("mobilenet_v2_0.35_224");
    expect(
      handful(["train", "flowers-train", "--backbone", backbone, "--head", "ridge", "--out", "flowers"]).code,
    ).toBe(0);
    const args = ["quantize", "flowers", "--calibrate", "flowers-test", "--method", "min-max", "--json"];
    const { code, out, err } = handful(args);
    expect(err).not.toMatch(/error/);
    expect(code).toBe(0);
    const report = reportOf(out);
    expect(report.layers).toBe(52);
    expect(report.photos.learned).toBe(0);
    expect(report.difference.mean).toBeGreaterThanOrEqual(-0.005);
    expect(report.sizeBytes.after).toBeLessThanOrEqual(0.4 * report.sizeBytes.before);
  });
});
