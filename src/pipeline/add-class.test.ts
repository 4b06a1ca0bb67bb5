import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { colourModel, coloursOf } from "../../test/fixtures/colour-model.ts";
import { tinyPreprocess } from "../../test/fixtures/tiny-model.ts";
import { loadModel } from "../artifact/load.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { addClass, type AddedClass } from "./add-class.ts";
import { removeClass } from "./change-classes.ts";

const folder = mkdtempSync(join(tmpdir(), "handful-add-class-"));
const photos = join(folder, "yellow");
const { width, height } = tinyPreprocess;
const COUNT = 5;

const paint = async (path: string, [r, g, b]: number[]): Promise<unknown> =>
  sharp({ create: { width, height, channels: 3, background: { r: r!, g: g!, b: b! } } })
    .png()
    .toFile(path);

beforeAll(async () => {
  mkdirSync(photos);
  mkdirSync(join(folder, "empty"));
  const { data } = coloursOf("yellow", COUNT);
  for (let i = 0; i < COUNT; i++)
    await paint(join(photos, `${i}.png`), [...data.subarray(3 * i, 3 * i + 3)].map(Math.round));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const before = { labels: ["blue", "green", "grey", "red"], counts: [6, 5, 4, 6] };
const after = { labels: [...before.labels, "yellow"], counts: [...before.counts, COUNT] };

const add = async (bytes: Uint8Array, options: { name?: string; folder?: string } = {}): Promise<AddedClass> => {
  const model = await loadModel(bytes);
  try {
    return await addClass(bytes, model, { name: "yellow", folder: photos, version: "1", ...options });
  } finally {
    await model.close();
  }
};

const flat = (rgb: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3]!);
const asked = after.labels.map((name) => flat([...coloursOf(name, 9).data.subarray(24)]));
const answers = async (bytes: Uint8Array) => {
  const model = await loadModel(bytes);
  const predictions = await model.predict(asked);
  await model.close();
  return { predictions, facts: model.metadata };
};

describe("adding a class", () => {
  const heads = fewShotMethods.filter(({ transductive }) => !transductive).map(({ name }) => name);
  it.each(heads)("gives what learning from all photos gives: %s", async (head) => {
    const added = await answers((await add(await colourModel({ ...before, head }))).bytes);
    const learned = await answers(await colourModel({ ...after, head }));
    added.predictions.forEach(({ probabilities, label }, i) => {
      expect(label).toBe(after.labels[i]);
      probabilities.forEach((p, c) =>
        expect(Math.abs(p - learned.predictions[i]!.probabilities[c]!)).toBeLessThan(0.05),
      );
    });
  });

  it.each(["cosine", "indicator"] as const)("is no stranger any more: by %s", async (distance) => {
    const bytes = await colourModel({ labels: ["blue", "green", "red"], counts: [6, 6, 6], distance });
    const [old, now] = [await answers(bytes), await answers((await add(bytes)).bytes)];
    expect(now.predictions[4]!.unknownScore).toBeLessThan(0.3 * old.predictions[4]!.unknownScore);
    expect(now.facts.detector).toEqual({ distance });
  });

  it("keeps the photos as neighbours, and says what is not known now", async () => {
    const { bytes, photos: count, notes } = await add(await colourModel(before));
    const { predictions, facts } = await answers(bytes);
    expect([count, notes]).toEqual([COUNT, []]);
    expect(predictions[4]!.nearest.map(({ label }) => label)).toEqual(["yellow", "yellow", "yellow"]);
    expect(predictions[4]!.nearest[0]!.name).toMatch(/^yellow\/\d\.png$/);
    expect(facts.dataset.counts).toEqual(after.counts);
    expect(facts.thresholds).toEqual({ unknown: 0.5, setProbability: null, setLevel: 0.9 });
    expect(facts.evidence.accuracy).toBeNull();
    expect(facts.changes).toEqual(['added "yellow" (5 photos)']);
  });

  it("undoes its removal", async () => {
    const all = await colourModel(after);
    const { predictions, facts } = await answers((await add(await removeClass(all, "yellow", "1"))).bytes);
    expect(facts.changes).toEqual(['removed "yellow"', 'added "yellow" (5 photos)']);
    expect(facts.head.columns).toBeUndefined();
    const wanted = (await answers(all)).predictions;
    predictions.forEach(({ probabilities }, i) =>
      probabilities.forEach((p, c) => expect(p).toBeCloseTo(wanted[i]!.probabilities[c]!, 2)),
    );
  });

  it("names copies, unreadable photos, and those that look like another class's", async () => {
    const mixed = join(folder, "mixed");
    mkdirSync(mixed);
    await paint(join(mixed, "a.png"), [220, 210, 40]);
    await paint(join(mixed, "b.png"), [220, 210, 40]);
    await paint(join(mixed, "grey.png"), [121, 125, 119]);
    writeFileSync(join(mixed, "torn.png"), "no picture");
    const { photos: count, notes } = await add(await colourModel(before), { folder: mixed });
    expect(count).toBe(2);
    expect(notes[0]).toMatch(/left out: torn\.png/);
    expect(notes[1]).toMatch(/copies and were left out: b\.png/);
    expect(notes[2]).toMatch(/grey\.png \(as grey\/\d\.png, "grey"\)/);
  });
});

describe("a class is not added", () => {
  it.each<[string, { name?: string; folder?: string }, string]>([
    ["under a name that is there", { name: "grey" }, "E_CLASS_EXISTS"],
    ["under none", { name: "" }, "E_CLASS_NAME"],
    ["from an empty folder", { folder: join(folder, "empty") }, "E_NO_IMAGES"],
    ["from nowhere", { folder: join(folder, "nowhere") }, "E_PATH"],
    ["from folders of several classes", { folder }, "E_MANY_CLASSES"],
  ])("%s", async (_, options, code) => {
    await expect(add(await colourModel(before), options)).rejects.toMatchObject({ code });
  });

  it("to a file of an older version", async () => {
    await expect(add(await colourModel({ ...before, old: true }))).rejects.toMatchObject({ code: "E_MODEL_KEPT" });
  });

  it("to a head that was learned with the network: says which can, and how to go on", async () => {
    const bytes = await colourModel({ ...before, shownAs: "fine-tuned" });
    await expect(add(bytes)).rejects.toMatchObject({
      code: "E_HEAD_FIXED",
      message: expect.stringMatching(/"fine-tuned".*these can: .*lda/) as string,
      hint: expect.stringMatching(/handful train/) as string,
    });
  });
});
