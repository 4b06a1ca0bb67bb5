import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-spec-"));
const handful = commandLine(folder);
beforeAll(() => writeDemoSet(join(folder, "photos"), { seed: 3, perClass: 20 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("data spec init writes what its own examples pass, and no other file", () => {
  expect(handful(["data", "spec", "init", "photos", "-o", "spec.yaml"]).out).toContain(
    "handful inspect <photos> --spec spec.yaml",
  );
  expect(handful(["data", "spec", "init", "photos", "-o", "spec.yaml"]).err).toContain("there already");
  expect(handful(["data", "spec", "write", "photos"]).err).toContain("wanted init");
  const { code, out } = handful(["inspect", "photos", "--spec", "spec.yaml", "--json"]);
  expect(code).toBe(0);
  const found = JSON.parse(out) as { photos: { key: string }[]; classes: unknown[]; border: { photos: number } };
  expect(found.classes).toEqual([]);
  expect(found.border.photos).toBeGreaterThan(50);
});

it("inspect --spec finds dark and blurred copies, shows them, and ends with 3 under --strict", async () => {
  const [one, other] = readdirSync(join(folder, "photos")).map((name) => join(folder, "photos", name));
  const [first] = readdirSync(one!);
  await sharp(join(one!, first!)).linear(0.1, 0).png().toFile(join(one!, "dark.png"));
  const [second] = readdirSync(other!);
  await sharp(join(other!, second!)).blur(8).png().toFile(join(other!, "blurred.png"));
  const { code, out } = handful(["inspect", "photos", "--spec", "spec.yaml", "--page", "look.html", "--strict"]);
  expect(code).toBe(3);
  expect(out).toMatch(/! too dark: .*dark\.png \(brightness 0\.\d+, wanted at least 0\.\d+\)/);
  expect(out).toMatch(/! blurred: .*blurred\.png/);
  expect(out).toContain("the border alone tells the class");
  const page = readFileSync(join(folder, "look.html"), "utf8");
  expect(page).toContain("dark.png");
  expect(page).toContain("data:image/webp;base64,");
});

it("refuses a wrong specification with line and key, and two pages at once", () => {
  writeFileSync(join(folder, "bad.yaml"), "version: 1\nphoto:\n  sharpnes: { least: 3 }\n");
  const bad = handful(["inspect", "photos", "--spec", "bad.yaml"]);
  expect(bad.code).toBe(3);
  expect(bad.err).toContain('line 3: unknown key "photo.sharpnes"; did you mean sharpness?');
  expect(handful(["inspect", "photos", "--spec", "bad.yaml", "--labels"]).code).toBe(2);
  expect(handful(["inspect", "photos", "--spec", "absent.yaml"]).code).toBe(6);
});
