import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeImage, readImageFile } from "./image.ts";
import { scanDataset } from "./scan.ts";
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
  ])("is refused when it is %s", async (text, says) => {
    const folder = await fresh();
    await writeFile(join(folder, SYNTHETIC_MARKER), text);
    const thrown: unknown = await readSyntheticMarker(folder).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: "E_SYNTHETIC" });
    expect(String(thrown)).toContain(says);
  });
});
