import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-defects-"));
const handful = commandLine(folder);
const synthesize = (...args: string[]) => handful(["synthesize", "defects", "photos", ...args]);

beforeAll(() => writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 3 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("synthesize defects", () => {
  it("makes pictures and masks that training takes for another class than their photos'", () => {
    const made = synthesize("--class", "nut", "--label", "bolt", "--count", "4", "--masks", "--out", "made", "--json");
    expect(made.err).not.toContain("error");
    expect(JSON.parse(made.out)).toMatchObject({ pictures: 4, classes: ["bolt"], skipped: [] });
    expect(readdirSync(join(folder, "made", "bolt"))).toEqual(readdirSync(join(folder, "made-masks")));
    const trained = handful(["train", "photos", "--synthetic", "made", "--out", "run"]);
    expect(trained.code).toBe(0);
    expect(trained.err).toContain("4 pictures made from 3 photos (defects) helped learning; none was asked about");
  });

  it("of a class that no photo shows are of no use, and training says so", () => {
    expect(synthesize("--class", "nut", "--kind", "perlin", "--count", "2", "--out", "alone").code).toBe(0);
    const trained = handful(["train", "photos", "--synthetic", "alone", "--out", "none"]);
    expect(trained.code).toBe(3);
    expect(trained.err).toContain("no photo shows their class: 2 (defect/1-perlin.png");
  });

  it.each([
    [["--out", "x"], "--class: wanted the class whose photos show no defect"],
    [["--out", "x", "--class", "nuts"], 'Did you mean "nut"?'],
    [["--out", "x", "--class", "nut", "--kind", "perlins"], 'Did you mean "perlin"?'],
    [["--out", "x", "--class", "nut", "--epochs", "3"], "--epochs is no flag of synthesize defects"],
  ])("refuses %j", (args, says) => {
    const { code, err } = synthesize(...args);
    expect(err).toContain(says);
    expect(code).toBe(2);
  });
});
