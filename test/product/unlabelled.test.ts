import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import type { Evidence } from "../../src/evaluate/evidence.ts";
import type { UnlabelledFacts } from "../../src/pipeline/unlabelled-photos.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-unlabelled-"));
const handful = commandLine(folder);
const LABELLED = 5;

interface Metrics {
  readonly evidence: Evidence;
  readonly unlabelled: UnlabelledFacts | null;
  readonly notes: readonly string[];
}
const metricsOf = (run: string): Metrics =>
  JSON.parse(readFileSync(join(folder, run, "metrics.json"), "utf8")) as Metrics;

/** Noise of one colour: of no class. */
const stranger = (i: number): Promise<Buffer> =>
  sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: { r: 40 * i, g: 255 - 40 * i, b: 90 },
      noise: { type: "gaussian", mean: 128, sigma: 60 },
    },
  })
    .png()
    .toBuffer();

beforeAll(async () => {
  await writeDemoSet(join(folder, "all"), { seed: 3, perClass: 15 });
  mkdirSync(join(folder, "pool"));
  mkdirSync(join(folder, "strange"));
  for (const label of readdirSync(join(folder, "all"))) {
    mkdirSync(join(folder, "photos", label), { recursive: true });
    readdirSync(join(folder, "all", label)).forEach((file, i) =>
      cpSync(
        join(folder, "all", label, file),
        i < LABELLED ? join(folder, "photos", label, file) : join(folder, "pool", `${label}-${file}`),
      ),
    );
  }
  const [label] = readdirSync(join(folder, "photos"));
  const [file] = readdirSync(join(folder, "photos", label!));
  cpSync(join(folder, "photos", label!, file!), join(folder, "pool", `known-${file!}`));
  writeFileSync(join(folder, "pool", "torn.png"), "no picture");
  for (let i = 0; i < 5; i++) writeFileSync(join(folder, "strange", `${i}.png`), await stranger(i));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("train --unlabelled", () => {
  it("says what became of the pool, and writes the labels it learned from, if any", () => {
    const { code, out } = handful(["train", "photos", "--unlabelled", "pool", "--out", "run"]);
    expect(code).toBe(0);
    const { unlabelled, evidence, notes } = metricsOf("run");
    expect(unlabelled!.photos).toBeGreaterThan(20);
    expect(unlabelled!.leftOut).toBeGreaterThanOrEqual(2);
    expect(notes.join(" ")).toMatch(/they are among the labelled ones: 1 \(known-/);
    expect(notes.join(" ")).toMatch(/they cannot be read: 1 \(torn\.png\)/);
    expect(evidence.unlabelled!.used).toBe(unlabelled!.used);
    expect(out).toContain(unlabelled!.text);
    expect(readFileSync(join(folder, "run/report.html"), "utf8")).toContain("unlabelled");
    const written = readdirSync(join(folder, "run")).includes("pseudo-labels.csv");
    expect(written).toBe(unlabelled!.labelled > 0);
    if (!written) return;
    const lines = readFileSync(join(folder, "run/pseudo-labels.csv"), "utf8").trim().split("\n");
    expect(lines[0]).toBe("photo,sha256,label,round,confidence");
    expect(readFileSync(join(folder, "run/pseudo-labels.html"), "utf8")).toContain("data:image/webp");
    expect(lines).toHaveLength(unlabelled!.labelled + 1);
  });

  it("adopts nothing from a pool of none of the classes, and gives the head of the photos alone", () => {
    const { code } = handful([
      "train",
      "photos",
      "--unlabelled",
      "strange",
      "--semi",
      "propagation",
      "--out",
      "strangers",
    ]);
    expect(code).toBe(0);
    const { unlabelled } = metricsOf("strangers");
    expect(unlabelled).toMatchObject({ used: "none", labelled: 0 });
  });

  it("takes labels that a person has looked through, and nothing but them", () => {
    const files = readdirSync(join(folder, "pool")).filter((name) => /^(bolt|nut|rivet|washer)-/.test(name));
    const kept = files.slice(2);
    const rows = kept.map((name) => `${name},${name.split("-")[0]!}`);
    writeFileSync(join(folder, "list.csv"), `photo,label\n${rows.join("\n")}\ngone.png,nut\n`);
    const list = ["--unlabelled", "pool", "--pseudo-labels", "list.csv"];
    const { code, err } = handful(["train", "photos", ...list, "--out", "looked-through"]);
    expect(code, err).toBe(0);
    const { unlabelled, evidence, notes } = metricsOf("looked-through");
    expect(notes.join(" ")).toMatch(/not in the list of labels: 2 \(/);
    expect(notes.join(" ")).toMatch(/no unlabelled photo they are for: 1 \(gone\.png\)/);
    expect(evidence.unlabelled!.arms.map(({ name }) => name)).toEqual(["none", "reviewed labels"]);
    if (unlabelled!.used === "none") return;
    const written = readFileSync(join(folder, "looked-through/pseudo-labels.csv"), "utf8");
    expect(
      written
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",")[0])
        .sort(),
    ).toEqual([...kept].sort());
  });

  it("lets the network learn from the pool too where it is tuned, and sets that against tuning without", () => {
    mkdirSync(join(folder, "few"));
    for (const file of readdirSync(join(folder, "pool")).filter((name) => /2\.\w+$/.test(name)))
      cpSync(join(folder, "pool", file), join(folder, "few", file));
    for (const label of ["bolt", "nut"])
      cpSync(join(folder, "photos", label), join(folder, "two", label), { recursive: true });
    const { code, err } = handful([
      ...["train", "two", "--unlabelled", "few", "--semi", "fixmatch", "--semi-options", "ratio=1,averaging=0.9"],
      ...["--fine-tune", "head", "--epochs", "1", "--out", "tuned"],
    ]);
    expect(code, err).toBe(0);
    const { unlabelled, evidence } = metricsOf("tuned");
    expect(unlabelled!.text).toMatch(/fixmatch learns with the network.* In tuning: /);
    expect(["none", "fixmatch"]).toContain(unlabelled!.used);
    expect(evidence.selection.contestants).toHaveLength(2);
    expect(readdirSync(join(folder, "tuned"))).not.toContain("checkpoints");
  });

  it.each([
    [["--pseudo-labels", "list.csv"], /--pseudo-labels is for --unlabelled/],
    [["--unlabelled", "pool", "--pseudo-labels", "list.csv", "--semi", "voting"], /Leave one of the two out/],
    [["--semi-options", "threshold=0.8"], /--semi-options is for --unlabelled/],
    [["--unlabelled", "pool", "--semi", "fixmatch"], /fixmatch is a way in which the network learns/],
    [["--unlabelled", "pool", "--semi-options", "quota=3"], /options are those of one method/],
    [["--unlabelled", "pool", "--semi", "self-training", "--semi-options", "quota"], /wanted name=value/],
    [["--unlabelled", "pool", "--semi", "self-training", "--semi-options", "quoda=3"], /quota/],
    [["--semi", "auto"], /--semi is for --unlabelled/],
    [["--unlabelled", "pool", "--semi", "propagaton"], /unknown semi-supervised method|propagation/],
    [["--unlabelled", "pool", "--semi", "voting", "--head", "ridge"], /voting needs several heads/],
    [["--unlabelled", "pool", "--augment", "auto"], /one augmentation/],
    [["--unlabelled", "pool", "--target", "pool"], /not both/],
    [["--unlabelled", "nowhere"], /nowhere/],
  ])("refuses %j", (more, message) => {
    const { code, err } = handful(["train", "photos", ...more]);
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });

  it("refuses an empty pool", () => {
    mkdirSync(join(folder, "empty"));
    const { code, err } = handful(["train", "photos", "--unlabelled", "empty", "--out", "nothing"]);
    expect(code).toBe(3);
    expect(err).toMatch(/an empty folder/);
  });
});
