import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeDemoSet } from "../../src/data/demo.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { commandLine } from "../fixtures/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-split-"));
const photos = join(folder, "photos");
const handful = commandLine(folder);

beforeAll(async () => {
  await writeDemoSet(photos, { seed: 3, perClass: 8 });
  const [one, other] = readdirSync(photos);
  const [first, second] = readdirSync(join(photos, one!));
  await sharp(join(photos, one!, first!))
    .resize(70)
    .jpeg()
    .toFile(join(photos, one!, "near.jpg"));
  writeFileSync(join(photos, one!, "same.png"), readFileSync(join(photos, one!, second!)));
  writeFileSync(join(photos, other!, "broken.png"), "no picture");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("writes a manifest that training and inspecting take, copies on one side", async () => {
  const { code, out } = handful(["data", "split", "photos", "-o", "split.csv", "--test", "0.25"]);
  expect(code).toBe(0);
  expect(out).toMatch(/train \d+, validation 0, test \d+; \d+ photos in \d+ groups/);
  expect(out).toContain("broken.png");
  const { items } = await scanDataset(join(folder, "split.csv"));
  const sideOf = (end: string) => items.find(({ name }) => name.endsWith(end))!.split;
  const [one] = readdirSync(photos);
  const [first, second] = readdirSync(join(photos, one!)).filter((name) => /\d/.test(name));
  expect(sideOf("near.jpg")).toBe(sideOf(`${one!}/${first!}`));
  expect(sideOf("same.png")).toBe(sideOf(`${one!}/${second!}`));
  expect(items.filter(({ split }) => split === "test").length).toBeGreaterThan(4);
  const inspected = JSON.parse(handful(["inspect", "split.csv", "--json"]).out) as Record<string, unknown[]>;
  expect(inspected.leaks).toEqual([]);
  expect(inspected.groupLeaks).toEqual([]);
  expect(handful(["data", "split", "photos", "-o", "split.csv"]).err).toContain("there already");
  expect(handful(["data", "split", "photos", "-o", "again.csv", "--test", "0.25"]).code).toBe(0);
  expect(readFileSync(join(folder, "again.csv"), "utf8")).toBe(readFileSync(join(folder, "split.csv"), "utf8"));
});

it("keeps groups together, and says where there are none", async () => {
  expect(handful(["data", "split", "photos", "-o", "grouped.csv", "--by", "group"]).err).toContain("E_SPLIT_GROUP");
  const args = [
    "data",
    "split",
    "photos",
    "-o",
    "photos/metadata.csv",
    "--by",
    "group",
    "--group-by",
    "/[^/]*[0-3]\\.",
  ];
  expect(handful(args).code).toBe(0);
  const { items, layout } = await scanDataset(photos);
  expect(layout).toBe("manifest");
  expect(items.some(({ group }) => group !== null)).toBe(true);
  rmSync(join(photos, "metadata.csv"));
});

it("takes the newest as test, by a column or by EXIF, and names photos without a time", async () => {
  mkdirSync(join(folder, "dated"), { recursive: true });
  const rows: string[] = [];
  for (let i = 0; i < 10; i++) {
    const day = String(i + 1).padStart(2, "0");
    const name = `${i % 2 ? "a" : "b"}${i}.jpg`;
    await sharp({
      create: {
        width: 40,
        height: 40,
        channels: 3,
        background: "#777",
        noise: { type: "gaussian", mean: 128, sigma: 60 },
      },
    })
      .withExif({ IFD2: { DateTimeOriginal: `2026:01:${day} 10:00:00` } })
      .jpeg()
      .toFile(join(folder, "dated", name));
    rows.push(`${name},${i % 2 ? "a" : "b"}`);
  }
  writeFileSync(join(folder, "dated", "plain.csv"), `file_name,label\n${rows.join("\n")}\n`);
  writeFileSync(
    join(folder, "dated", "timed.csv"),
    `file_name,label,time\n${rows.map((row, i) => `${row},2026-01-${20 - i}`).join("\n")}\n`,
  );
  const testOf = async (name: string) => {
    const { items } = await scanDataset(join(folder, "dated", name));
    return items.filter(({ split }) => split === "test").map((item) => item.name);
  };
  expect(handful(["data", "split", "dated/plain.csv", "--by", "time", "-o", "dated/exif.csv"]).code).toBe(0);
  expect(await testOf("exif.csv")).toEqual(["a9.jpg", "b8.jpg"]);
  expect(handful(["data", "split", "dated/timed.csv", "--by", "time", "-o", "dated/column.jsonl"]).code).toBe(0);
  expect(await testOf("column.jsonl")).toEqual(["a1.jpg", "b0.jpg"]);
  const { code, err } = handful(["data", "split", "photos", "--by", "time", "-o", "time.csv"]);
  expect(code).toBe(3);
  expect(err).toContain("do not say when they were taken");
});

it("inspect names groups on both sides of a given split, and --strict stops at them", () => {
  const [one, other] = readdirSync(photos);
  const file = (label: string, i: number) => `photos/${label}/${readdirSync(join(photos, label))[i]!}`;
  const rows = [0, 1, 2, 3].flatMap((i) =>
    [one!, other!].map(
      (label) => `${file(label, i)},${label},${i < 2 ? "train" : "test"},${i === 1 || i === 2 ? `p-${label}` : ""}`,
    ),
  );
  writeFileSync(join(folder, "leaky.csv"), `file_name,label,split,group\n${rows.join("\n")}\n`);
  const { code, out } = handful(["inspect", "leaky.csv", "--strict"]);
  expect(code).toBe(3);
  expect(out).toContain("2 groups on both sides of the split");
});

it("refuses a manifest that cannot name the photos, and shares that leave nothing", () => {
  mkdirSync(join(folder, "elsewhere"));
  expect(handful(["data", "split", "photos", "-o", "elsewhere/m.csv"]).err).toContain("cannot name photos");
  expect(handful(["data", "split", "photos", "-o", "m.txt"]).code).toBe(2);
  expect(handful(["data", "split", "photos", "-o", "m.csv", "--test", "0"]).code).toBe(2);
  expect(handful(["data", "split"]).code).toBe(2);
  expect(handful(["data", "split", "photos", "--in", "photos"]).err).toContain("--in is no flag of data split");
});
