import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Item } from "./dataset.ts";
import { readManifest } from "./manifest.ts";
import { manifestLines, manifestRowsOf } from "./write-manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-manifest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (let i = 0; i < 4; i++) writeFileSync(join(folder, `=${i}, "x".jpg`), "");

const text = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom("=", "'", " ", "\n", "\r", ",", '"', ";", "\t", "é", "猫", "-", "\\"),
      minLength: 1,
    }),
    fc.constantFrom("__proto__", "constructor", "<img onerror=x>", "null", "1", "\u202ex"),
  )
  .filter((label) => label.trim() !== "");

const items = fc.array(
  fc.record({
    label: fc.option(text),
    split: fc.constantFrom("train" as const),
    group: fc.option(text),
    note: fc.option(text),
  }),
  { minLength: 4, maxLength: 4 },
);

it.each([
  ["csv", manifestRowsOf],
  ["jsonl", manifestLines],
])("what is written as %s is read back the same, whatever labels and groups are", async (kind, write) => {
  const file = join(folder, `list.${kind}`);
  await fc.assert(
    fc.asyncProperty(items, async (drawn) => {
      const written = drawn.map(({ note, ...rest }, i): Item => {
        const name = `=${i}, "x".jpg`;
        const columns = note === null ? {} : { columns: new Map([["note", note]]) };
        return { path: Buffer.from(join(folder, name)), name, ...rest, ...columns };
      });
      writeFileSync(file, `${[...write(written)].join("\n")}\n`);
      expect((await readManifest(file)).items).toEqual(written);
    }),
    { seed: 1, numRuns: 60 },
  );
});
