import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { decodeImage } from "../../src/data/image.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "augment-"));
const run = commandLine(folder);
beforeAll(() => writeDemoSet(join(folder, "photos"), { seed: 0, perClass: 3 }));
afterAll(() => rmSync(folder, { recursive: true }));

describe("handful augment", () => {
  it("writes a picture of every augmentation into the folder it is run in", async () => {
    const { code, out } = run(["augment", "photos"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Saved augment-preview\.png: \d photos, 20 versions of each\n$/);
    expect((await decodeImage(readFileSync(join(folder, "augment-preview.png")))).width).toBeGreaterThan(1000);
  });

  it("shows a policy of one's own, and prints what was drawn as JSON", () => {
    const policy = { name: "mine", steps: [{ augmentation: "rotation", ranges: { degrees: [10, 10] } }] };
    writeFileSync(join(folder, "mine.json"), JSON.stringify(policy));
    const ran = run(["augment", "photos", "--policy", "mine.json", "--draws", "2", "--preview", "mine.png", "--json"]);
    const { file, columns, photos } = JSON.parse(ran.out) as {
      file: string;
      columns: string[];
      photos: { draws: unknown[] }[];
    };
    expect(existsSync(file)).toBe(true);
    expect(columns).toEqual(["photo", "mine 1", "mine 2"]);
    for (const { draws } of photos)
      expect(draws).toEqual([0, 1].map(() => [{ augmentation: "rotation", draw: { degrees: 10 } }]));
  });

  it("writes copies marked as made, and no preview unless asked", () => {
    const { code, out } = run(["augment", "photos", "--policy", "basic", "--out", "varied", "--copies", "1"]);
    expect(code).toBe(0);
    expect(out).toContain("handful train");
    expect(readdirSync(join(folder, "varied"))).toContain("handful-synthetic.json");
  });

  it.each([
    [["--policy", "basik"], 'unknown augmentation policy "basik"'],
    [["--policy", "gone.json"], "gone.json"],
    [["--out", "copies"], "--out needs a policy"],
    [["--copies", "2"], "--copies is for --out"],
    [["--draws", "2"], "--draws is for the preview of a policy"],
    [["--preview", "shown.jpg"], "wanted a name that ends in .png"],
    [["--preview", "photos/shown.png"], "lies inside the photos"],
    [["--preview", "gone/shown.png"], "there is no folder"],
    [["--policy", "basic", "--out", "photos/made"], "lies inside the photos"],
    [["--policy", "basic", "--out", "full"], "already holds made pictures"],
  ])("refuses %j and writes nothing", (flags, says) => {
    mkdirSync(join(folder, "full"), { recursive: true });
    writeFileSync(join(folder, "full", "handful-synthetic.json"), "{}");
    const before = readdirSync(folder, { recursive: true }).length;
    const { code, err } = run(["augment", "photos", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(says);
    expect(readdirSync(folder, { recursive: true }).length).toBe(before);
  });
});
