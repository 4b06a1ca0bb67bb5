import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findFormat } from "../find-format.ts";
import { format as coco } from "./coco.ts";
import { format as hf } from "./hf.ts";
import { format as labelStudio } from "./label-studio.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handful-formats-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: unknown = ""): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

const image = (id: number, file_name: string) => ({ id, file_name, width: 1, height: 1, license: 3 });
const categories = [
  { id: 7, name: "bolt", supercategory: "part" },
  { id: 9, name: "nut" },
];

describe("coco", () => {
  it("takes one category an image, with and without boxes, and photos in images/", async () => {
    for (const name of ["a.jpg", "images/b.jpg", "c.jpg"]) put(name);
    const list = put("list.json", {
      images: [image(1, "a.jpg"), image(2, "b.jpg"), image(3, "c.jpg")],
      annotations: [
        { id: 1, image_id: 1, category_id: 7 },
        { id: 2, image_id: 2, category_id: 9, bbox: [0, 0, 1, 1], segmentation: [[1, 2]] },
        { id: 3, image_id: 2, category_id: 9, bbox: [0, 0, 2, 2] },
      ],
      categories,
    });
    const { items, notes } = await coco.read(list);
    expect(items.map(({ name, label }) => [name, label])).toEqual([
      ["a.jpg", "bolt"],
      ["images/b.jpg", "nut"],
      ["c.jpg", null],
    ]);
    expect(notes).toEqual(["boxes of 1 images are left out: each has one category, which is its label"]);
  });

  it("refuses boxes of several categories, unknown ones, missing files and paths that lead out, by name", async () => {
    for (const name of ["a.jpg", "b.jpg", "d.jpg"]) put(name);
    const list = put("list.json", {
      images: [
        image(1, "a.jpg"),
        image(2, "gone.jpg"),
        image(3, "../../etc/passwd"),
        image(4, "b.jpg"),
        image(5, "d.jpg"),
      ],
      annotations: [
        { id: 1, image_id: 1, category_id: 7, bbox: [0, 0, 1, 1] },
        { id: 2, image_id: 1, category_id: 9, bbox: [0, 0, 1, 1] },
        { id: 3, image_id: 4, category_id: 8 },
        { id: 4, image_id: 5, category_id: 7 },
        { id: 5, image_id: 5, category_id: 9 },
      ],
      categories,
    });
    await expect(coco.read(list)).rejects.toMatchObject({
      code: "E_IMPORT",
      message: [
        `${list}: 5 cannot be taken:`,
        "  annotation of image 4: no category 8",
        "  a.jpg: boxes of several categories (bolt, nut), wanted one for the whole image",
        '  gone.jpg: no file "gone.jpg"',
        '  ../../etc/passwd: "../../etc/passwd" leads out of the manifest\'s folder',
        "  d.jpg: several categories (bolt, nut), wanted one for the whole image",
      ].join("\n"),
    });
  });

  it("says where the shape is another, and what is no JSON", async () => {
    await expect(coco.read(put("a.json", { images: [{ id: 1 }], annotations: [], categories: [] }))).rejects.toThrow(
      /images\.0\.file_name/,
    );
    await expect(coco.read(put("b.json", "{"))).rejects.toThrow(/wanted JSON/);
  });
});

describe("label-studio", () => {
  const choice = (...choices: string[]) => ({
    result: [{ from_name: "c", to_name: "image", type: "choices", value: { choices } }],
  });

  it("takes tasks of local files, uploads and the short form", async () => {
    for (const name of ["a 1.jpg", "b.jpg", "3/0a1b2c3d-c.jpg", "d.jpg"]) put(name);
    const whole = put("whole.json", [
      {
        id: 1,
        data: { image: "/data/local-files/?d=a%201.jpg", shift: 2, group: "p1" },
        annotations: [choice("bolt")],
      },
      {
        id: 2,
        data: { image: "/data/upload/3/0a1b2c3d-b.jpg" },
        annotations: [{ ...choice("nut"), was_cancelled: true }, choice("bolt")],
      },
      { id: 3, data: { image: "/data/upload/3/0a1b2c3d-c.jpg" }, annotations: [] },
      { id: 4, data: { photo: "d.jpg" }, annotations: [choice("nut"), choice("nut")] },
    ]);
    const { items } = await labelStudio.read(whole);
    expect(items.map(({ name, label, group, columns }) => [name, label, group, [...(columns ?? [])]])).toEqual([
      ["a 1.jpg", "bolt", "p1", [["shift", "2"]]],
      ["b.jpg", "bolt", null, []],
      ["3/0a1b2c3d-c.jpg", null, null, []],
      ["d.jpg", "nut", null, []],
    ]);
    const short = put("short.json", [{ id: 5, image: "b.jpg", choice: "nut", annotator: 1 }]);
    expect((await labelStudio.read(short)).items[0]).toMatchObject({ name: "b.jpg", label: "nut" });
  });

  it("refuses two labels, photos on the network, tasks without a photo, and says of boxes that they give no label", async () => {
    for (const name of ["a.jpg", "b.jpg"]) put(name);
    const list = put("list.json", [
      { id: 1, data: { image: "a.jpg" }, annotations: [choice("bolt"), choice("nut")] },
      { id: 2, data: { image: "https://example.com/b.jpg" }, annotations: [choice("bolt")] },
      { id: 3, data: { text: "words" }, annotations: [] },
    ]);
    await expect(labelStudio.read(list)).rejects.toThrow(
      /task 1: several labels \(bolt, nut\), wanted one\n.*task 2: lies on the network.*\n.*task 3: names no image/,
    );
    const boxes = put("boxes.json", [
      {
        id: 1,
        data: { image: "a.jpg" },
        annotations: [{ result: [{ type: "rectanglelabels", value: { x: 1, rectanglelabels: ["nut"] } }] }],
      },
    ]);
    expect(await labelStudio.read(boxes)).toMatchObject({
      items: [{ label: null }],
      notes: [expect.stringContaining("without a choice")],
    });
  });

  it("writes an interface that no label breaks out of", () => {
    const hostile = '"/><script>&';
    const item = { path: Buffer.from("a"), name: "a b/ü.jpg", label: hostile, split: null, group: null, size: null };
    const [tasks, config] = labelStudio.lists([item]);
    expect(config!.text).toContain('<Choice value="&#34;/&#62;&#60;script&#62;&#38;"/>');
    expect(JSON.parse(tasks!.text)).toMatchObject([{ data: { image: "/data/local-files/?d=a%20b/%C3%BC.jpg" } }]);
  });
});

it("hf takes a list in every split", async () => {
  for (const split of ["train", "test"]) {
    put(`${split}/1.jpg`);
    put(`${split}/metadata.jsonl`, `{"file_name":"1.jpg","label":"bolt"}\n`);
  }
  expect((await hf.read(folder)).items.map(({ name, split, label }) => [name, split, label])).toEqual([
    ["test/1.jpg", "test", "bolt"],
    ["train/1.jpg", "train", "bolt"],
  ]);
});

describe("finding the format", () => {
  it.each([
    ["imagefolder", { "bolt/1.jpg": "", "notes.json": "{}" }, ""],
    ["hf", { "metadata.csv": "", "1.jpg": "" }, ""],
    ["hf", { "train/metadata.csv": "", "train/1.jpg": "" }, ""],
    ["coco", { "annotations.json": { images: [], annotations: [], categories: [] }, "1.jpg": "" }, "annotations.json"],
    ["label-studio", { "project-1.json": [{ id: 1, data: {} }] }, "project-1.json"],
  ])("%s in a folder", async (name, files, list) => {
    for (const [file, content] of Object.entries(files)) put(file, content);
    const found = await findFormat(folder);
    expect([found.format.name, found.path]).toEqual([name, list === "" ? folder : join(folder, list)]);
  });

  it.each([
    ["a.csv", "x", "csv"],
    ["a.ndjson", "x", "jsonl"],
    ["a.json", [{ id: 1, image: "x.jpg", choice: "a" }], "label-studio"],
  ])("of a file %s", async (file, content, name) =>
    expect((await findFormat(put(file, content))).format.name).toBe(name),
  );

  it("says when there is none, or there are two", async () => {
    await expect(findFormat(put("a.txt"))).rejects.toMatchObject({ code: "E_IMPORT" });
    for (const file of ["a.json", "b.json"]) put(file, [{ id: 1, data: {} }]);
    await expect(findFormat(folder)).rejects.toThrow(/got a\.json, b\.json/);
  });
});
