import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";

const program = resolve(import.meta.dirname, "../../bin/handful.js");
const folder = mkdtempSync(join(tmpdir(), "handful-synthesize-"));
const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1" }, encoding: "utf8" } as const;

const synthesize = (...args: string[]): { code: number | null; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "synthesize", ...args], options);
  return { code: status, out: stdout, err: stderr };
};

beforeAll(() => writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 3 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("synthesize", () => {
  it("style --fast makes pictures with a list of what they are from, and refuses to do so twice", () => {
    const args = ["style", "photos", "--style", "photos/nut/001.jpg", "--fast", "--count", "2", "--out", "fast"];
    const { code, out } = synthesize(...args, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ how: "colour-matching", pictures: 8, skipped: [] });
    expect(existsSync(join(folder, "fast/handful-synthetic.json"))).toBe(true);
    const again = synthesize(...args);
    expect(again.code).toBe(2);
    expect(again.err).toContain("already holds made pictures");
  });

  it.each([
    [["stile", "photos"], 'Did you mean "style"?'],
    [["style", "photos", "--out", "x"], "no style was given"],
    [["style", "photos", "--style", "a.jpg"], "no folder for the pictures was given"],
    [["style", "photos", "--style", "a.jpg", "--out", "photos/x"], "lies inside the photos"],
    [["style", "photos", "--style", "a.jpg", "--out", "x", "--epochs", "3"], "--epochs is no flag of synthesize style"],
    [
      ["style", "photos", "--style", "a.jpg", "--out", "x", "--fast", "--image-size", "64"],
      "--image-size is of no use",
    ],
    [["cycle-gan", "photos/nut", "--out", "x"], "wanted <folder-a> <folder-b>, got 1 paths"],
    [["cycle-gan", "photos/nut", "photos/bolt", "--out", "x", "--size", "50"], "wanted a multiple of 4"],
  ])("refuses %j before it reads a photo", (args, says) => {
    const { code, err } = synthesize(...args);
    expect(err).toContain(says);
    expect(code).toBe(2);
    expect(existsSync(join(folder, "x"))).toBe(false);
  });

  it("cycle-gan keeps its training at Ctrl-C, exits 130, and goes on with --resume", async () => {
    const args = ["cycle-gan", "photos/nut", "photos/bolt", "--out", "translated", "--size", "32", "--width", "4"];
    const flags = [...args, "--blocks", "1", "--epochs", "20"];
    const child = spawn(process.execPath, [program, "synthesize", ...flags], options);
    let err = "";
    const ended = new Promise<number | null>((done) => child.on("close", done));
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
      if (err.includes("Epoch     2 of 20") && !child.killed) child.kill("SIGINT"); // once: a second one ends at once
    });
    expect(await ended).toBe(130);
    expect(err).toMatch(/interrupted after \d+ whole epochs; the training is kept\n {2}Go on with the same command/);
    const { code, out } = synthesize(...flags, "--resume");
    expect(code).toBe(0);
    expect(out).toContain("6 pictures of nut, bolt in translated/");
    const { epochs } = JSON.parse(readFileSync(join(folder, "translated/loss.json"), "utf8")) as { epochs: unknown[] };
    expect(epochs.length).toBe(20);
    expect(existsSync(join(folder, "translated-grid.png"))).toBe(true);
  });
});
