import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { decodeImage } from "../data/image.ts";
import { scanDataset } from "../data/scan.ts";
import { encodePng, readSyntheticMarker } from "../data/synthetic.ts";
import { synthesizeDefects, type SynthesizeDefectsOptions } from "./synthesize-defects.ts";

let folder = "";
const within = (...parts: string[]): string => join(folder, ...parts);

const savePhoto = async (path: string, level: (random: () => number) => number): Promise<void> => {
  await mkdir(join(path, ".."), { recursive: true });
  const random = createRandom(path.slice(folder.length));
  const data = Uint8Array.from({ length: 3 * 40 * 30 }, () => level(() => random.uniform()));
  await writeFile(path, await encodePng({ width: 40, height: 30, data }));
};
const rough = (random: () => number): number => 60 + 120 * random();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handful-defects-"));
  for (const name of ["a", "b", "c"]) await savePhoto(within("photos", "train", "good", `${name}.png`), rough);
  await savePhoto(within("photos", "train", "scratched", "d.png"), rough);
  await savePhoto(within("photos", "test", "good", "e.png"), rough);
});
afterEach(() => rm(folder, { recursive: true }));

const make = (options: Partial<SynthesizeDefectsOptions> = {}) =>
  synthesizeDefects({
    photos: within("photos"),
    className: "good",
    out: within("made"),
    kinds: ["cut-paste", "perlin"],
    count: 8,
    label: "defect",
    seed: 1,
    masks: true,
    ...options,
  });

describe("made defects", () => {
  it("are of one class, each from one training photo of the good class, unlike it where the mask says", async () => {
    expect(await make()).toEqual({
      pictures: 8,
      classes: ["defect"],
      skipped: [],
      masks: within("made-masks"),
    });
    const { pictures, how } = await readSyntheticMarker(within("made"));
    expect(how).toBe("defects");
    const sources = Object.values(pictures).map(({ source }) => source);
    expect([...new Set(sources)].sort()).toEqual(["train/good/a.png", "train/good/b.png", "train/good/c.png"]);
    const dataset = await scanDataset(within("made"));
    expect(dataset.classes).toEqual(["defect"]);
    expect(dataset.items.map(({ name }) => name)).toEqual(Object.keys(pictures).sort());
    for (const [name, { source }] of Object.entries(pictures)) {
      const [photo, made, mask] = await Promise.all(
        [within("photos", source), within("made", name), within("made-masks", name.slice("defect/".length))].map(
          async (path) => (await decodeImage(await readFile(path))).data,
        ),
      );
      const changed = [...photo!].flatMap((level, i) => (level === made![i] ? [] : [mask![i]!]));
      expect(changed.length).toBeGreaterThan(0);
      expect(changed.every((level) => level === 255)).toBe(true);
    }
  });

  it("come out the same for the same seed", async () => {
    await make({ masks: false });
    await make({ masks: false, out: within("again") });
    for (const name of await readdir(within("made", "defect")))
      expect(await readFile(within("again", "defect", name))).toEqual(await readFile(within("made", "defect", name)));
    expect(await readdir(folder)).not.toContain("made-masks");
  });

  it("leave out photos that cannot be read, or on which nothing can be seen", async () => {
    await savePhoto(within("photos", "train", "good", "black.png"), () => 0);
    await writeFile(within("photos", "train", "good", "broken.png"), "no picture");
    const { skipped } = await make({ kinds: ["cut-paste"] });
    expect(skipped.map(({ name }) => name).sort()).toEqual(["train/good/black.png", "train/good/broken.png"]);
  });

  it("refuse what makes no sense", async () => {
    await expect(make({ className: "god" })).rejects.toThrow('"god"');
    await expect(make({ kinds: ["rust"] })).rejects.toThrow('"rust"');
    const { className: _, ...rest } = { className: undefined };
    await expect(
      synthesizeDefects({
        photos: within("photos"),
        out: within("made"),
        kinds: [],
        count: 1,
        label: "x",
        seed: 1,
        masks: false,
        ...rest,
      }),
    ).rejects.toThrow("--class: wanted the class whose photos show no defect");
    await make();
    await expect(make()).rejects.toThrow("already holds made pictures");
  });

  it("show other textures where a folder of them is given", async () => {
    await savePhoto(within("textures", "white.png"), () => 255);
    await make({ kinds: ["perlin"], count: 2, textures: within("textures") });
    await make({ kinds: ["perlin"], count: 2, out: within("own") });
    const [first] = await readdir(within("made", "defect"));
    expect(await readFile(within("made", "defect", first!))).not.toEqual(
      await readFile(within("own", "defect", first!)),
    );
  });
});
