import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeImage, readImageFile } from "./image.ts";
import { checkPhotographed, scanDataset, scanImages } from "./scan.ts";
import {
  readSyntheticMarker,
  SYNTHETIC_MARKER,
  writeSyntheticFolder,
  type SyntheticFolder,
  type SyntheticPicture,
} from "./synthetic.ts";

const sha = "ab".repeat(32);
const picture = (label: string, name: string, value: number): SyntheticPicture => ({
  label,
  name,
  source: `${label}/${name}.jpg`,
  sourceSha256: sha,
  pixels: { width: 2, height: 1, data: Uint8Array.from([value, 1, 2, 3, 4, 5]) },
});
const content = (pictures: SyntheticFolder["pictures"]): SyntheticFolder => ({
  how: "test",
  options: { k: 1 },
  pictures,
});
const fresh = (): Promise<string> => mkdtemp(join(tmpdir(), "handful-synthetic-"));

describe("a folder of made pictures", () => {
  it("comes back as it was written, named as a scan names it", async () => {
    const folder = join(await fresh(), "out");
    const made = [picture("a b", "0", 9), picture("a b", "1", 8), picture("ä\\x80", "0", 7)];
    const marker = await writeSyntheticFolder(folder, content(made));
    expect(await readSyntheticMarker(folder)).toEqual(marker);
    expect(marker.pictures["a b/1.png"]).toEqual({ source: "a b/1.jpg", sourceSha256: sha });
    const { items, classes } = await scanDataset(folder);
    expect(items.map((item) => item.name)).toEqual(Object.keys(marker.pictures).sort());
    expect(classes).toEqual(["a b", "ä\\x80"]);
    const { data } = await decodeImage(await readImageFile(join(folder, "a b/1.png"), "1"));
    expect([...data]).toEqual([8, 1, 2, 3, 4, 5]);
    await expect(writeSyntheticFolder(folder, content(made))).rejects.toThrow(/already holds made pictures/);
  });

  it("shows nothing of pictures that were broken off, and leaves other files alone", async () => {
    const folder = await fresh();
    await writeFile(join(folder, "loss.json"), "{}");
    const broken = function* () {
      yield picture("a", "0", 1);
      throw new Error("stop");
    };
    await expect(writeSyntheticFolder(folder, content(broken()))).rejects.toThrow("stop");
    expect(await readdir(folder)).toEqual(["loss.json"]);
  });

  it("refuses names that are no folders, the same name twice, and classes that are there", async () => {
    const folder = await fresh();
    for (const label of ["..", "a/b", ".hidden", "", "a\\q"])
      await expect(writeSyntheticFolder(folder, content([picture(label, "0", 1)]))).rejects.toMatchObject({
        code: "E_CLASS_NAME",
      });
    const twice = [picture("a", "0", 1), picture("a", "0", 2)];
    await expect(writeSyntheticFolder(folder, content(twice))).rejects.toThrow(/two made pictures/);
    await mkdir(join(folder, "a"));
    await writeFile(join(folder, "a", "mine.jpg"), "");
    await expect(writeSyntheticFolder(folder, content([picture("a", "0", 1)]))).rejects.toMatchObject({
      code: "E_OPTION",
    });
  });
});

describe("the marker", () => {
  it("is asked for where there is none", async () => {
    await expect(readSyntheticMarker(await fresh())).rejects.toMatchObject({
      code: "E_SYNTHETIC_MISSING",
      kind: "data",
    });
  });

  it.each([
    ["{", "no JSON"],
    ["[]", "expected object"],
    ['{"format":2,"how":"x","options":{},"pictures":{}}', '"format"'],
    ['{"format":1,"how":"x","options":{},"pictures":{"a/b/c.png":{"source":"s","sourceSha256":""}}}', "a/b/c.png"],
    ['{"format":1,"how":"x","options":{},"pictures":{"a/b.png":{"source":"s","sourceSha256":"no"}}}', "sourceSha256"],
    ['{"format":1,"how":"x","options":{},"pictures":{"../b.png":{"source":"s","sourceSha256":""}}}', "../b.png"],
    ['{"format":1,"how":"x","options":{},"pictures":{"a/..":{"source":"s","sourceSha256":""}}}', "a/.."],
    [
      '{"format":1,"how":"x","options":{},"pictures":{"a\\u0000/b":{"source":"s","sourceSha256":""}}}',
      "wanted <class>/<file>",
    ],
    ['{"format":1,"how":"x","options":{},"pictures":{},"label":"a"}', '"label"'],
    [
      `{"format":1,"how":"x","options":{},"pictures":{"a/b.png":{"source":"s","sourceSha256":"${sha}","fold":1}}}`,
      '"fold"',
    ],
    ['{"format":1,"how":"x","options":{},"learned":"yes","pictures":{}}', '"learned"'],
  ])("is refused when it is %s", async (text, says) => {
    const folder = await fresh();
    await writeFile(join(folder, SYNTHETIC_MARKER), text);
    const thrown: unknown = await readSyntheticMarker(folder).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: "E_SYNTHETIC" });
    expect(String(thrown)).toContain(says);
  });
});

describe("a scan", () => {
  const inside = async (...path: string[]): Promise<string> => {
    const root = await fresh();
    for (const label of ["a", "b"]) {
      await mkdir(join(root, label));
      await writeFile(join(root, label, "1.jpg"), "");
    }
    await mkdir(join(root, ...path), { recursive: true });
    await writeSyntheticFolder(join(root, ...path, "made"), content([picture("a", "0", 1), picture("c", "0", 1)]));
    return root;
  };

  it.each([[[]], [["a"]], [["b", "deep"]]])("passes over made pictures under the photos, in %j", async (path) => {
    const { items, classes, warnings, emptyClasses } = await scanDataset(await inside(...path));
    expect(items.map((item) => item.name)).toEqual(["a/1.jpg", "b/1.jpg"]);
    expect(classes).toEqual(["a", "b"]);
    expect(emptyClasses).toEqual([]);
    expect(warnings).toEqual([{ code: "W_SYNTHETIC", message: expect.stringContaining("--synthetic") }]);
    expect(warnings[0]!.message).toContain([...path, "made"].join("/"));
  });

  it("does not take made pictures for a split of the photos, nor for a class", async () => {
    const root = await fresh();
    await mkdir(join(root, "train", "a"), { recursive: true });
    await writeFile(join(root, "train", "a", "1.jpg"), "");
    await writeSyntheticFolder(join(root, "made"), content([picture("a", "0", 1)]));
    const { layout, classes, skipped } = await scanDataset(root);
    expect({ layout, classes, skipped }).toEqual({ layout: "splits", classes: ["a"], skipped: [] });
  });

  it("says of a folder asked about whole which part of it was passed over", async () => {
    const { items, skipped } = await scanImages(await inside());
    expect(items).toHaveLength(2);
    expect(skipped).toEqual([{ name: "made", code: "E_SYNTHETIC", reason: expect.any(String) }]);
  });

  it("refuses rows of a manifest that name made pictures", async () => {
    const root = await inside();
    await writeFile(join(root, "labels.csv"), "file_name,label\na/1.jpg,a\nmade/c/0.png,a\n");
    await expect(scanDataset(join(root, "labels.csv"))).rejects.toMatchObject({
      code: "E_MANIFEST",
      message: expect.stringMatching(/line 3: .*made picture/),
    });
  });

  it("of made pictures themselves is no set of photos", async () => {
    const folder = join(await inside(), "made");
    const dataset = await scanDataset(folder);
    expect(dataset.items).toHaveLength(2);
    expect(dataset.warnings[0]!.code).toBe("W_ALL_SYNTHETIC");
    expect(() => checkPhotographed(dataset)).toThrow("these pictures were made, an accuracy on them says nothing");
    await writeFile(join(folder, "list.csv"), "file_name,label\na/0.png,a\nc/0.png,c\n");
    const listed = await scanDataset(join(folder, "list.csv"));
    expect(() => checkPhotographed(listed)).toThrow(/were made/);
    checkPhotographed(await scanDataset(join(folder, "..")));
  });
});
