import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FORMATS } from "../../src/cli/commands/_formats.ts";
import { writeDemoSet } from "../../src/data/demo.ts";
import { dataFormats } from "../../src/data/find-format.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { craftedZip } from "../fixtures/crafted-zip.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-formats-"));
const handful = commandLine(folder);
beforeAll(() => writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 4 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const contents = async (photos: string) =>
  (await scanDataset(join(folder, photos))).items
    .map(({ path, label }) => `${label!} ${readFileSync(path).toString("base64")}`)
    .sort();

it("the command line knows every format", () =>
  expect(FORMATS).toEqual([...dataFormats.map(({ name }) => name), "zip"]));

it.each(FORMATS)("photos go out as %s and come back the same", async (kind) => {
  const out = kind === "zip" ? "photos.zip" : `as-${kind}`;
  const exported = handful(["export", "photos", "--to", kind, "-o", out]);
  expect(exported.err).toBe("");
  expect(exported.out).toMatch(/Wrote \d+ photos/);
  const list = kind === "csv" || kind === "jsonl" ? `${out}/labels.${kind}` : out;
  const imported = handful(["import", list, "-o", `back-${kind}`, "--json"]);
  expect(imported.code).toBe(0);
  const found = JSON.parse(imported.out) as { from: string; photos: number; notes: string[] };
  expect(found.from).toBe(kind === "zip" ? "zip, hf" : kind);
  expect(found.notes).toEqual([]);
  expect(await contents(`back-${kind}`)).toEqual(await contents("photos"));
});

it("case S6: a zip that leads out is refused, and nothing of it stays anywhere", () => {
  const before = readdirSync(folder).sort();
  writeFileSync(join(folder, "evil.zip"), craftedZip([{ name: "good.jpg" }, { name: "../evil.jpg" }]));
  const { code, err } = handful(["import", "evil.zip", "-o", "taken"]);
  expect(code).toBe(3);
  expect(err).toContain("E_ZIP");
  expect(readdirSync(folder).sort()).toEqual([...before, "evil.zip"].sort());
});

it("a zip with all photos in one folder, class folders in it, is taken from there", async () => {
  const names = ["set/bolt/1.jpg", "set/bolt/2.jpg", "set/nut/1.jpg", "__MACOSX/set/x"];
  writeFileSync(join(folder, "wrapped.zip"), craftedZip(names.map((name) => ({ name, data: Buffer.from(name) }))));
  const { out, err } = handful(["import", "wrapped.zip", "-o", "unwrapped"]);
  expect(out).toContain("Took 3 photos of 2 classes from zip, imagefolder into unwrapped/");
  expect(err).toContain("other files left in the archive: 1");
  expect((await scanDataset(join(folder, "unwrapped"))).items.map(({ label }) => label)).toEqual([
    "bolt",
    "bolt",
    "nut",
  ]);
});

it("says what is wrong with the command line and the source", () => {
  expect(handful(["import", "photos"]).err).toContain("Name a new one: -o ./photos");
  expect(handful(["import", "nowhere", "-o", "x"]).err).toContain("E_PATH");
  expect(handful(["import", "photos", "-o", "photos/inner"]).code).toBe(2);
  expect(handful(["import", "photos", "-o", "photos"]).err).toContain("there already");
  expect(handful(["import", "photos", "-o", "x", "--from", "coco"]).err).toContain("wanted a JSON file of coco");
  expect(handful(["export", "photos", "-o", "x"]).err).toContain("--to imagefolder|csv|jsonl");
  expect(handful(["export", "photos", "--to", "hf", "-o", "photos/x"]).code).toBe(2);
  expect(handful(["export", "photos", "--to", "yolo", "-o", "x"]).code).toBe(2);
});
