import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Preprocess } from "../base/preprocess.ts";
import { augmentations } from "../data/augment/index.ts";
import { policyNamed } from "../data/check-policy.ts";
import { writeDemoSet } from "../data/demo.ts";
import { decodeImage } from "../data/image.ts";
import { scanDataset } from "../data/scan.ts";
import { readSyntheticMarker } from "../data/synthetic.ts";
import { previewAugmentation, writeCopies, type AugmentTask } from "./augment-photos.ts";

const preprocess: Preprocess = {
  height: 32,
  width: 40,
  fit: "squash",
  resizeTo: 40,
  background: [255, 255, 255],
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "RGB",
};

let folder = "";
let task: AugmentTask;
const unreadable: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "augment-"));
  await writeDemoSet(join(folder, "photos"), { seed: 0, perClass: 4 });
  const { classes } = await scanDataset(join(folder, "photos"));
  await writeFile(join(folder, "photos", classes[0]!, "aaa.jpg"), "no picture");
  const onUnreadable = ({ message }: Error): void => void unreadable.push(message);
  task = { dataset: await scanDataset(join(folder, "photos")), preprocess, seed: 3, onUnreadable };
});
afterAll(() => rm(folder, { recursive: true }));

describe("a preview", () => {
  it("shows every augmentation by itself", async () => {
    const { png, columns, photos } = await previewAugmentation({ ...task, policy: null, draws: 0 });
    expect(columns).toEqual(["photo", ...augmentations.map(({ name }) => name)]);
    expect(photos.length).toBeLessThanOrEqual(8);
    expect(new Set(photos.map(({ label }) => label)).size).toBe(Math.min(8, task.dataset.classes.length));
    for (const { draws } of photos)
      expect(draws.map(([step]) => step!.augmentation)).toEqual(augmentations.map(({ name }) => name));
    expect((await decodeImage(png)).width).toBeGreaterThan(1000);
  });

  it("is the same for the same seed, another for another", async () => {
    const shown = (seed: number) => previewAugmentation({ ...task, seed, policy: policyNamed("strong"), draws: 3 });
    const [one, again, other] = [await shown(1), await shown(1), await shown(2)];
    expect(Buffer.compare(one.png, again.png)).toBe(0);
    expect(again.photos).toEqual(one.photos);
    expect(other.photos).not.toEqual(one.photos);
    expect(one.columns).toEqual(["photo", "strong 1", "strong 2", "strong 3"]);
  });

  it("adds mixed pictures where a policy mixes, with the share each keeps", async () => {
    const { columns } = await previewAugmentation({ ...task, policy: policyNamed("cutmix"), draws: 2 });
    expect(columns.slice(0, 3)).toEqual(["photo", "cutmix 1", "cutmix 2"]);
    expect(columns.slice(3).every((caption) => /^cutmix \d+ %$/.test(caption))).toBe(true);
    expect(columns.length).toBe(6);
  });
});

describe("copies", () => {
  it("are marked with the photo each was made from, by class, and unlike each other", async () => {
    const out = join(folder, "varied");
    await writeCopies({ ...task, policy: policyNamed("basic"), copies: 2, out });
    const { how, options, pictures } = await readSyntheticMarker(out);
    expect(how).toBe("augmentation");
    expect(options).toMatchObject({ copies: 2, seed: 3, policy: { name: "basic" }, width: 40, height: 32 });
    const readable = task.dataset.items.filter(({ name }) => !name.endsWith("aaa.jpg"));
    expect(Object.keys(pictures).length).toBe(2 * readable.length);
    const made = new Set<string>();
    for (const [name, { source, sourceSha256 }] of Object.entries(pictures)) {
      const bytes = await readFile(join(folder, "photos", source));
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sourceSha256);
      expect(name.split("/")[0]).toBe(source.split("/")[0]);
      const copy = await readFile(join(out, name));
      made.add(createHash("sha256").update(copy).digest("hex"));
      expect(await decodeImage(copy)).toMatchObject({ width: 40, height: 32 });
    }
    // a copy is the photo itself only where nothing was drawn: seven steps at a half each
    expect(made.size).toBeGreaterThan(1.8 * readable.length);
    expect(unreadable.some((message) => message.includes("aaa.jpg"))).toBe(true);
  });

  it("are never of photos set aside to test with", async () => {
    const items = task.dataset.items.map((item, i) => ({ ...item, split: i % 2 ? ("test" as const) : null }));
    const out = join(folder, "no-tests");
    await writeCopies({ ...task, dataset: { ...task.dataset, items }, policy: policyNamed("none"), copies: 1, out });
    const sources = Object.values((await readSyntheticMarker(out)).pictures).map(({ source }) => source);
    expect(sources.every((source) => items.find(({ name }) => name === source)!.split === null)).toBe(true);
  });

  it("are refused where no photo can be varied", async () => {
    const items = task.dataset.items.map((item) => ({ ...item, split: "test" as const }));
    const dataset = { ...task.dataset, items };
    const copies = writeCopies({ ...task, dataset, policy: policyNamed("none"), copies: 1, out: join(folder, "none") });
    await expect(copies).rejects.toMatchObject({ code: "E_NO_IMAGES" });
  });
});
