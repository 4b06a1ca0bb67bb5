import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeDemoSet } from "../data/demo.ts";
import { decodeImage, readImageFile } from "../data/image.ts";
import { scanDataset } from "../data/scan.ts";
import { readSyntheticMarker } from "../data/synthetic.ts";
import { cycleGanDefaults } from "../train/train-cycle-gan.ts";
import { DEFAULT_BACKBONE, resolveBackbone } from "./resolve-backbone.ts";
import { synthesizeCycleGan, type SynthesizeCycleGanOptions } from "./synthesize-cycle-gan.ts";
import { synthesizeStyle } from "./synthesize-style.ts";

let folder = "";
let photos = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handful-synthesize-"));
  photos = join(folder, "photos");
  await writeDemoSet(photos, { seed: 1, perClass: 4 });
});

const decoded = async (path: string) => decodeImage(await readImageFile(path, path));

describe("style", () => {
  it("paints photos with the embedded network, and says from which each was made", async () => {
    const dataset = await scanDataset(photos);
    const backbone = await resolveBackbone({ name: DEFAULT_BACKBONE, env: {} });
    const out = join(folder, "painted");
    const style = join(photos, "nut/000.jpg");
    const shares: number[] = [];
    const made = await synthesizeStyle({
      dataset,
      style,
      backbone,
      settings: { steps: 3 },
      out,
      perClass: 1,
      seed: 2,
      threads: 1,
      onProgress: (done, total) => void shares.push(done / total),
    });
    expect(made.pictures).toBe(4);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const { how, pictures, options } = await readSyntheticMarker(out);
    expect(how).toBe("style-transfer");
    expect(options).toMatchObject({ backbone: DEFAULT_BACKBONE, style: "000.jpg", settings: { steps: 3 } });
    for (const [name, { source }] of Object.entries(pictures)) expect(source.split("/")[0]).toBe(name.split("/")[0]);
    const { width, height } = await decoded(join(out, Object.keys(pictures)[0]!));
    expect([width, height]).toEqual([backbone.preprocess.width, backbone.preprocess.height]);
  });

  it("matches colours without one, leaves test photos alone and names what it cannot read", async () => {
    const splits = join(folder, "splits");
    await writeDemoSet(join(splits, "train"), { seed: 1, perClass: 1 });
    await writeDemoSet(join(splits, "test"), { seed: 2, perClass: 1 });
    await writeFile(join(splits, "train/bolt/broken.jpg"), "no image");
    const out = join(folder, "matched");
    const style = join(photos, "nut/000.jpg");
    const dataset = await scanDataset(splits);
    const made = await synthesizeStyle({ dataset, style, backbone: null, out, seed: 0 });
    expect(made.skipped.map(({ name }) => name)).toEqual(["train/bolt/broken.jpg"]);
    const { pictures } = await readSyntheticMarker(out);
    const sources = Object.values(pictures).map(({ source }) => source);
    expect(sources.length).toBe(4);
    expect(sources.every((source) => source.startsWith("train/"))).toBe(true);
  });

  it("stops when told to, and then leaves nothing behind", async () => {
    const dataset = await scanDataset(photos);
    const out = join(folder, "stopped");
    const controller = new AbortController();
    const painting = synthesizeStyle({
      dataset,
      style: join(photos, "nut/000.jpg"),
      backbone: null,
      out,
      seed: 0,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(painting).rejects.toMatchObject({ name: "AbortError" });
    expect(await readdir(out)).toEqual([]);
  });
});

describe("CycleGAN", () => {
  const settings = { ...cycleGanDefaults, size: 16, width: 4, blocks: 1, halvings: 1, epochs: 2 };
  const task = (out: string, more: Partial<SynthesizeCycleGanOptions> = {}): SynthesizeCycleGanOptions => ({
    a: join(photos, "bolt"),
    b: join(photos, "nut"),
    out: join(folder, out),
    settings,
    seed: 1,
    resume: false,
    threads: 1,
    ...more,
  });

  it("writes every photo of each folder as a picture of the other's class, losses and a grid", async () => {
    const made = await synthesizeCycleGan(task("whole"));
    expect(made.classes).toEqual(["bolt", "nut"]);
    const { how, learned, pictures } = await readSyntheticMarker(join(folder, "whole"));
    expect([how, learned]).toEqual(["cycle-gan", true]);
    expect(Object.keys(pictures).filter((name) => name.startsWith("nut/")).length).toBe(4);
    expect(pictures["nut/cycle-gan-0001.png"]?.source).toBe("000.jpg");
    expect((await readdir(join(folder, "whole"))).sort()).toEqual([
      "bolt",
      "handful-synthetic.json",
      "loss.json",
      "nut",
    ]);
    const { epochs } = JSON.parse(await readFile(made.losses, "utf8")) as { epochs: unknown[] };
    expect(epochs).toEqual(made.history);
    const grid = await decoded(made.grid);
    expect([grid.width, grid.height]).toEqual([4 * 18 - 2, 4 * 18 - 2]);
  });

  it("goes on after an interruption to the same pictures, and refuses the checkpoint of another run", async () => {
    const controller = new AbortController();
    const onStep = (done: number): void => void (done === 5 && controller.abort());
    await expect(synthesizeCycleGan(task("again", { signal: controller.signal, onStep }))).rejects.toMatchObject({
      code: "E_INTERRUPTED",
      kind: "interrupted",
    });
    await expect(synthesizeCycleGan(task("again", { resume: true, seed: 2 }))).rejects.toMatchObject({
      code: "E_CHECKPOINT",
    });
    await synthesizeCycleGan(task("again", { resume: true }));
    for (const name of ["nut/cycle-gan-0003.png", "bolt/cycle-gan-0001.png", "loss.json"])
      expect(await readFile(join(folder, "again", name))).toEqual(await readFile(join(folder, "whole", name)));
  });

  it("refuses folders of one name, and such as hold next to nothing", async () => {
    await expect(synthesizeCycleGan(task("x", { b: join(photos, "bolt") }))).rejects.toMatchObject({
      code: "E_OPTION",
    });
    const few = join(folder, "few");
    await writeDemoSet(few, { seed: 1, perClass: 1 });
    await expect(synthesizeCycleGan(task("x", { b: join(few, "nut") }))).rejects.toMatchObject({
      code: "E_FEW_PHOTOS",
    });
  });
});
