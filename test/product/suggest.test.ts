import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-suggest-"));
const handful = commandLine(folder);

beforeAll(async () => {
  await writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 6 });
  await writeDemoSet(join(folder, "pool"), { seed: 4, perClass: 5 });
  const [label] = readdirSync(join(folder, "photos"));
  cpSync(join(folder, "photos", label!), join(folder, "pool", label!), { recursive: true });
  writeFileSync(join(folder, "pool", label!, "torn.png"), "no picture");
  expect(handful(["train", "photos", "--out", "run"]).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("suggest", () => {
  it("names the photos to label with a reason each, the gain to expect, and when to stop", () => {
    const { code, out, err } = handful(["suggest", "run", "pool", "--count", "5"]);
    expect(code).toBe(0);
    expect(out).toMatch(/those most worth a label \(uncertainty-diversity\)/);
    expect(out.split("\n").filter((line) => /^ {2}\S+ {2,}\S/.test(line))).toHaveLength(5);
    expect(out).toMatch(/Expected {4}/);
    expect(out).toMatch(/Stop|Go on/);
    expect(err).toMatch(/1 photo cannot be read/);
    expect(err).toMatch(/look like one that is labelled/);
  });

  it("gives the same as JSON, twice the same, none labelled already", () => {
    const asked = ["suggest", "run", "pool", "--count", "7", "--strategy", "core-set", "--json"];
    const [first, second] = [handful(asked), handful(asked)];
    expect(second.out).toBe(first.out);
    const found = JSON.parse(first.out) as { suggestions: { name: string }[]; photos: number; known: number };
    expect(new Set(found.suggestions.map(({ name }) => name)).size).toBe(7);
    expect(found.known).toBeGreaterThan(0);
  });

  it("names the photos to label first where there is no model, each of another kind", () => {
    const { code, out } = handful(["suggest", "photos", "--count", "4", "--json"]);
    expect(code).toBe(0);
    const found = JSON.parse(out) as { strategy: string; suggestions: { name: string; reason: string }[] };
    expect(found.strategy).toBe("typiclust");
    expect(new Set(found.suggestions.map(({ name }) => name)).size).toBe(4);
    expect(found.suggestions.every(({ reason }) => /^typical of \d+ photos?$/.test(reason))).toBe(true);
    expect(found.suggestions.reduce((sum, { reason }) => sum + Number(/\d+/.exec(reason)![0]), 0)).toBe(24);
  });

  it("names the classes that need photos where there is no pool, and of what kind", () => {
    const { code, out } = handful(["suggest", "run"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Classes that need photos, the neediest first/);
    expect(out).toMatch(/^ {2}\w+: recall \d/m);
    expect(out).toMatch(/^ {4}photos (that set it apart from|like those that stand apart|of any kind)/m);
  });

  it.each([
    [["photos", "--strategy", "margin"], 2, /needs a model/],
    [["nowhere"], 6, /nowhere/],
    [["run", "pool", "--strategy", "bald"], 2, /needs several heads/],
    [["run", "pool", "--strategy", "margins"], 2, /margin/],
    [["run", "photos"], 3, /no photo that is readable and not labelled/],
    [["run", "none"], 3, /empty folder/],
  ])("refuses %j", (args, wanted, message) => {
    mkdirSync(join(folder, "none"), { recursive: true });
    const { code, err } = handful(["suggest", ...args]);
    expect(code).toBe(wanted);
    expect(err).toMatch(message);
  });
});

describe("simulate-labelling", () => {
  it("replays strategies, and writes figures and a drawing", () => {
    const args = ["simulate-labelling", "photos", "--per-class", "2", "--repeats", "2", "--strategies", "auto,bald"];
    const { code, out } = handful([...args, "--out", "replay"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^With 8 labels of 4 classes, 2 draws:$/m);
    expect(out).toMatch(/^random {2,}\d/m);
    expect(out).toMatch(/^bald .* fewer labels for what random reaches/m);
    expect(readdirSync(join(folder, "replay")).sort()).toEqual(["labelling.json", "labelling.png", "labelling.svg"]);
  });

  it.each([
    [["--per-class", "5"], /at most half|would be labelled/i],
    [["--strategies", "luck"], /strategy/],
  ])("refuses %j", (more, message) => {
    const { code, err } = handful(["simulate-labelling", "photos", ...more]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
