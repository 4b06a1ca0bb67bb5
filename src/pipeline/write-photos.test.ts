import fc from "fast-check";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Item } from "../data/dataset.ts";
import { dataFormats } from "../data/find-format.ts";
import { format as imageFolder } from "../data/formats/image-folder.ts";
import { escapeName } from "../data/names.ts";
import { checkOut, staged, writePhotos } from "./write-photos.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "handful-write-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Letters that have broken lists, and ordinary ones. */
const awkward = fc.string({
  unit: fc.constantFrom(
    "=",
    "+",
    "'",
    " ",
    "\n",
    "\r",
    ",",
    '"',
    ";",
    "\t",
    "é",
    "e\u0301",
    "猫",
    "🙂",
    "<",
    "&",
    "%",
    "#",
    "?",
    "a",
    "\\",
  ),
  minLength: 1,
  maxLength: 8,
});
const label = fc
  .oneof(
    awkward,
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }),
    fc.constantFrom("__proto__", "null", "../up", "x\u202ey"),
  )
  .filter((text) => text.trim() !== "");
const fileName = awkward.map((text) => `${text.replaceAll("/", "")}.jpg`);

const drawn = fc
  .uniqueArray(
    fc.record({
      name: fileName,
      inner: fc.constantFrom("", "sub/", "nut/"),
      label: fc.option(label),
      group: fc.option(label),
      note: fc.option(label),
    }),
    { minLength: 1, maxLength: 4, selector: ({ name, inner }) => inner + name },
  )
  .map((rows) =>
    rows.map(({ name, inner, ...row }, i) => ({ ...row, name: `${inner}${name}`, split: "train" as const, i })),
  );

const make = (
  source: string,
  rows: readonly {
    name: string;
    label: string | null;
    group: string | null;
    note: string | null;
    split: "train" | null;
  }[],
): Item[] => {
  rmSync(source, { recursive: true, force: true });
  return rows.map(({ name, note, ...row }, i) => {
    const path = join(source, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, `photo ${i}`);
    return {
      ...row,
      path: Buffer.from(path),
      name: escapeName(Buffer.from(name)),
      ...(note !== null && { columns: new Map([["note", note]]) }),
    };
  });
};

it.each(dataFormats.filter(({ loses }) => loses.length === 0).map((format) => [format.name, format] as const))(
  "%s gives back names, labels, groups and columns, whatever letters they hold",
  async (name, format) => {
    await fc.assert(
      fc.asyncProperty(drawn, async (rows) => {
        const out = join(folder, `out-${name}`);
        rmSync(out, { recursive: true, force: true });
        const items = make(join(folder, `in-${name}`), rows);
        await writePhotos({ format, items, out }); // reads back and compares
        const list = format.lists([])[0]!.name;
        const read = (await format.read(join(out, list))).items;
        const contents = (all: readonly Item[]) =>
          all.map((item) => [readFileSync(item.path, "utf8"), item.label, item.group, item.columns]).sort();
        expect(contents(read)).toEqual(contents(items));
      }),
      { seed: 1, numRuns: 40 },
    );
  },
);

it("class folders give back labels, or say which cannot be a folder and leave nothing", async () => {
  let [whole, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(drawn, async (rows) => {
      const out = join(folder, "out-folders");
      rmSync(out, { recursive: true, force: true });
      const items = make(join(folder, "in-folders"), rows);
      const code = await writePhotos({ format: imageFolder, items, out }).then(
        () => null,
        (thrown: { code?: string }) => thrown.code,
      );
      if (code !== null) {
        expect(code).toMatch(/^E_EXPORT_(LABEL|NAME)$/);
        expect(readdirSync(folder).filter((name) => name === "out-folders" || name.startsWith(".handful-"))).toEqual(
          [],
        );
        refused++;
        return;
      }
      whole++;
      const { items: read } = await imageFolder.read(out);
      const contents = (all: readonly Item[]) =>
        all.map((item) => [readFileSync(item.path, "utf8"), item.label]).sort();
      expect(contents(read)).toEqual(contents(items));
    }),
    { seed: 1, numRuns: 60 },
  );
  expect(whole).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(5);
});

it("numbers photos of one name, and takes splits as folders", async () => {
  const rows = ["a/1.jpg", "b/1.jpg", "c/1 (2).jpg"].map((name) => ({
    name,
    label: "bolt",
    group: null,
    note: null,
    split: "train" as const,
  }));
  await writePhotos({ format: imageFolder, items: make(join(folder, "same"), rows), out: join(folder, "numbered") });
  expect(readdirSync(join(folder, "numbered/train/bolt")).sort()).toEqual(["1 (2).jpg", "1 (3).jpg", "1.jpg"]);
});

it("writes nothing over, and leaves nothing behind a failure", async () => {
  await expect(checkOut(join(folder, "numbered"))).rejects.toMatchObject({ code: "E_OPTION" });
  const fail = staged(join(folder, "never"), async (inner) => {
    writeFileSync(join(inner, "half"), "");
    throw new Error("stop");
  });
  await expect(fail).rejects.toThrow("stop");
  const [item] = make(join(folder, "gone"), [{ name: "1.jpg", label: "a", group: null, note: null, split: null }]);
  rmSync(join(folder, "gone"), { recursive: true });
  await expect(writePhotos({ format: imageFolder, items: [item!], out: join(folder, "never") })).rejects.toMatchObject({
    code: "E_FILE_MISSING",
  });
  expect(readdirSync(folder).filter((name) => name === "never" || name.startsWith(".handful"))).toEqual([]);
});
