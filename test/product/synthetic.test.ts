import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { SYNTHETIC_MARKER, writeSyntheticFolder, type SyntheticPicture } from "../../src/data/synthetic.ts";
import type { Evidence } from "../../src/evaluate/evidence.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-made-"));
const handful = commandLine(folder);

/** Every photo mirrored and darkened. */
const mirrored = async function* (): AsyncGenerator<SyntheticPicture> {
  for (const label of readdirSync(join(folder, "photos")))
    for (const file of readdirSync(join(folder, "photos", label))) {
      const bytes = readFileSync(join(folder, "photos", label, file));
      const { data, info } = await sharp(bytes).flop().linear(0.8).raw().toBuffer({ resolveWithObject: true });
      yield {
        label,
        name: file.replace(/\..*$/, ""),
        source: `${label}/${file}`,
        sourceSha256: createHash("sha256").update(bytes).digest("hex"),
        pixels: { width: info.width, height: info.height, data },
      };
    }
};

interface Metrics {
  readonly evidence: Evidence;
  readonly images: readonly string[];
  readonly synthetic: unknown;
  readonly notes: readonly string[];
}
const metricsOf = (run: string): Metrics =>
  JSON.parse(readFileSync(join(folder, run, "metrics.json"), "utf8")) as Metrics;

beforeAll(async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 6 });
  await writeSyntheticFolder(join(folder, "made"), { how: "mirror", options: {}, pictures: mirrored() });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("train --synthetic", () => {
  it("learns from made pictures, asks the same photos as without, and says so", () => {
    expect(handful(["train", "photos", "--out", "plain"]).code).toBe(0);
    const { code, err } = handful(["train", "photos", "--synthetic", "made", "--out", "helped"]);
    expect(code).toBe(0);
    const text = "24 pictures made from 24 photos (mirror) helped learning; none was asked about";
    expect(err).toContain(text);
    const [plain, helped] = [metricsOf("plain"), metricsOf("helped")];
    expect(plain.synthetic).toBeNull();
    expect(helped.synthetic).toMatchObject({ how: "mirror", options: {}, pictures: 24, photos: 24, leftOut: 0 });
    expect(helped.images).toEqual(plain.images);
    for (const key of ["images", "groups", "protocol", "unknown"] as const)
      expect(helped.evidence[key]).toEqual(plain.evidence[key]);
    expect(helped.evidence.classes.map((c) => c.images)).toEqual([6, 6, 6, 6]);
    expect(helped.evidence.outOfFold).toHaveLength(24);
    expect(helped.evidence.outOfFold).not.toEqual(plain.evidence.outOfFold);
    expect(readFileSync(join(folder, "helped/report.html"), "utf8")).toContain(text);
  });

  it("predicts and finds near photos with the model, none of them made", () => {
    const { code, out } = handful(["predict", "helped", "photos", "--json"]);
    expect(code).toBe(0);
    const { predictions } = JSON.parse(out) as { predictions: { nearest: { name: string }[] }[] };
    const photos = new Set(metricsOf("helped").images);
    for (const { nearest } of predictions) for (const { name } of nearest) expect(photos).toContain(name);
  });

  it("gives the same model for the same pictures", () => {
    expect(handful(["train", "photos", "--synthetic", "made", "--out", "again"]).code).toBe(0);
    const [once, again] = ["helped", "again"].map((run) => readFileSync(join(folder, run, "model.onnx")));
    expect(again!.equals(once!)).toBe(true);
  });

  it("tunes a network on photos alone, and says so", () => {
    const tune = ["--fine-tune", "head", "--epochs", "1", "--out", "tuned"];
    expect(handful(["train", "photos", "--synthetic", "made", ...tune]).code).toBe(0);
    expect(metricsOf("tuned").notes).toEqual([expect.stringContaining("the network is tuned on photos")]);
  });

  it("refuses what is no folder of made pictures, or a damaged one, before photos are read", () => {
    const none = handful(["train", "photos", "--synthetic", "photos", "--out", "x"]);
    expect(none.code).toBe(3);
    expect(none.err).toContain("E_SYNTHETIC_MISSING");
    const marker = join(folder, "made", SYNTHETIC_MARKER);
    const whole = readFileSync(marker, "utf8");
    writeFileSync(marker, whole.slice(0, 100));
    const damaged = handful(["train", "photos", "--synthetic", "made", "--out", "x"]);
    writeFileSync(marker, whole);
    expect(damaged.code).toBe(3);
    expect(damaged.err).toContain("text that is no JSON");
    expect(damaged.err).not.toContain("Embedded");
  });

  it("refuses pictures made from other photos", async () => {
    await writeDemoSet(join(folder, "others"), { seed: 4, perClass: 5 });
    const { code, err } = handful(["train", "others", "--synthetic", "made", "--out", "x"]);
    expect(code).toBe(3);
    expect(err).toContain("E_SYNTHETIC_UNUSED");
    expect(err).toContain("their photo is not among those learned from: 24");
  });
});

describe("made pictures given as photos", () => {
  it("are refused by train and eval, and inspect says what they are", () => {
    for (const args of [
      ["train", "made", "--out", "x"],
      ["eval", "plain", "made"],
    ]) {
      const { code, err } = handful(args);
      expect(code).toBe(3);
      expect(err).toContain("these pictures were made, an accuracy on them says nothing");
      expect(err).toContain("E_SYNTHETIC");
    }
    const { code, out } = handful(["inspect", "made"]);
    expect(code).toBe(0);
    expect(out).toContain("! these pictures were made");
    expect(out).toContain("Next: handful train <photos> --synthetic made");
  });

  it("are passed over where they lie among the photos", () => {
    renameSync(join(folder, "made"), join(folder, "photos", "made"));
    const { code, out, err } = handful(["train", "photos", "--out", "beside", "--json"]);
    expect(code).toBe(0);
    expect((JSON.parse(out) as { classes: string[] }).classes).toEqual(["bolt", "nut", "rivet", "washer"]);
    expect(err).toContain("made pictures were passed over: made");
    expect(err).toContain("--synthetic");
    expect(metricsOf("beside").evidence).toEqual(metricsOf("plain").evidence);
  });
});
