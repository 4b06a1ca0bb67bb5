import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { matrixOf } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { findings, type ImageFacts } from "../../src/data/audit-findings.ts";
import { auditDataset } from "../../src/data/audit.ts";
import { labelIndices, type DataSet } from "../../src/data/dataset.ts";
import { groupItems } from "../../src/data/duplicates.ts";
import { readItem } from "../../src/data/image.ts";
import { FINGERPRINT_BYTES } from "../../src/data/perceptual-hash.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { leaveOneGroupOut, stratifiedGroupKFold } from "../../src/data/splits.ts";
import { selectPhotos } from "../../src/pipeline/select-photos.ts";
import { failure, jpeg, picture, put, settings, temporaryFolder, toSharp } from "./data-fixtures.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Copies of a picture as people make them. */
const copies: Readonly<Record<string, (image: Sharp) => Promise<Buffer>>> = {
  "half the size": (image) => image.resize(72, 72).jpeg().toBuffer(),
  "twice the size": (image) => image.resize(288, 288).jpeg().toBuffer(),
  "quality 70": (image) => image.jpeg({ quality: 70 }).toBuffer(),
  "1 % cropped": (image) => image.extract({ left: 1, top: 1, width: 142, height: 142 }).jpeg().toBuffer(),
  "as PNG": (image) => image.png().toBuffer(),
  brighter: (image) => image.linear(1.1, 5).jpeg().toBuffer(),
};

describe("case 19: an exact duplicate across train and test", () => {
  it("is reported as a leak, with the pair, and both fall into one group", async () => {
    const folder = temporaryFolder();
    for (const i of range(4)) put(folder, `train/${"ab"[i % 2]!}/${i}.jpg`, await jpeg(i));
    put(folder, "test/a/copy.jpg", await jpeg(0));
    put(folder, "test/b/new.jpg", await jpeg(9));
    const dataset = await scanDataset(folder);
    const audit = await auditDataset(dataset);
    const name = (index: number): string => dataset.items[index]!.name;
    expect(audit.exactDuplicates.map((group) => group.map(name))).toEqual([["test/a/copy.jpg", "train/a/0.jpg"]]);
    expect(audit.leaks.map(({ a, b, similarity }) => [name(a), name(b), similarity])).toEqual([
      ["train/a/0.jpg", "test/a/copy.jpg", 1],
    ]);
    const groups = groupItems({ count: dataset.items.length, pairs: audit.leaks });
    expect(new Set(groups).size).toBe(dataset.items.length - 1);
  });

  it("is followed through chains: train copy, near copy, test copy", async () => {
    const folder = temporaryFolder();
    put(folder, "train/a/1.jpg", await jpeg(1));
    put(folder, "train/b/2.jpg", await jpeg(2));
    put(folder, "val/a/near.jpg", await jpeg(1, 60));
    put(folder, "test/a/exact.jpg", await jpeg(1, 60));
    const dataset = await scanDataset(folder);
    const { leaks } = await auditDataset(dataset);
    const names = leaks.map(({ a, b }) => [dataset.items[a]!.name, dataset.items[b]!.name]);
    expect(names).toEqual([
      ["train/a/1.jpg", "test/a/exact.jpg"],
      ["train/a/1.jpg", "val/a/near.jpg"],
    ]);
  });
});

describe("case 20: near duplicates", () => {
  it("are found in at least 98 % of copies, and no two different pictures are taken for one", async () => {
    const folder = temporaryFolder();
    const count = 40;
    for (const i of range(count)) {
      put(folder, `a/${i}.jpg`, await jpeg(i, 95));
      for (const [kind, copy] of Object.entries(copies))
        put(folder, `a/${i} ${kind}.jpg`, await copy(toSharp(picture(i))));
    }
    const dataset = await scanDataset(folder);
    const { nearDuplicates } = await auditDataset(dataset);
    const numberOf = (index: number): number => Number(/a\/(\d+)/.exec(dataset.items[index]!.name)![1]);
    const wrong = nearDuplicates.filter(({ a, b }) => numberOf(a) !== numberOf(b));
    expect(wrong).toEqual([]);
    const groups = groupItems({ count: dataset.items.length, pairs: nearDuplicates });
    const groupOf = new Map(dataset.items.map(({ name }, i) => [name, groups[i]!]));
    for (const kind of Object.keys(copies)) {
      const found = range(count).filter((i) => groupOf.get(`a/${i} ${kind}.jpg`) === groupOf.get(`a/${i}.jpg`));
      expect([kind, found.length >= 0.98 * count]).toEqual([kind, true]);
    }
  });
});

it("case 21: one picture with two labels is a conflict naming both paths", async () => {
  const folder = temporaryFolder();
  for (const i of range(6)) put(folder, `${"ab"[i % 2]!}/${i}.jpg`, await jpeg(i));
  put(folder, "b/same.jpg", await jpeg(0));
  put(folder, "b/again.jpg", await jpeg(1));
  const dataset = await scanDataset(folder);
  const { conflicts, exactDuplicates } = await auditDataset(dataset);
  expect(conflicts.map((group) => group.map((i) => dataset.items[i]!.name))).toEqual([["a/0.jpg", "b/same.jpg"]]);
  expect(exactDuplicates).toHaveLength(2);
});

it("case 22: one class is refused before any learning, with what to do", async () => {
  const folder = temporaryFolder();
  for (const i of range(3)) put(folder, `bolt/${i}.jpg`, await jpeg(4 * i));
  put(folder, "nut/broken.jpg", "no image");
  const dataset = await scanDataset(folder);
  const audit = await auditDataset(dataset);
  const embedded = {
    audit,
    features: matrixOf([
      [1, 0],
      [0, 1],
      [1, 1],
    ]),
    indices: [0, 1, 2],
    computed: 3,
  };
  const selecting = (async () => selectPhotos(dataset, embedded, { keepConflicts: false }))();
  const { kind, code, message, hint } = await failure(selecting);
  expect([kind, code]).toEqual(["data", "E_ONE_CLASS"]);
  expect(message).toContain('only one class has usable photos: "bolt" (3)');
  expect(hint).toContain('"other"');
});

it("case 22: one class is seen as one class, and a wrapping folder is named", async () => {
  const folder = temporaryFolder();
  for (const i of range(4)) put(folder, `archive/${"ab"[i % 2]!}/${i}.jpg`, await jpeg(i));
  const outer = await scanDataset(folder);
  expect(outer.classes).toEqual(["archive"]);
  expect(outer.warnings.map(({ code, message }) => [code, message])).toEqual([
    ["W_WRAPPED", expect.stringContaining('give the path of "archive" itself')],
  ]);
  const inner = await scanDataset(join(folder, "archive"));
  expect([inner.classes, inner.warnings]).toEqual([["a", "b"], []]);
});

it("case 23: one image per class is warned of, and cannot be folded", async () => {
  const folder = temporaryFolder();
  for (const name of ["a", "b", "c"]) put(folder, `${name}/1.jpg`, await jpeg(name.charCodeAt(0)));
  const dataset = await scanDataset(folder);
  const { warnings, classes } = await auditDataset(dataset);
  expect(classes.map(({ images }) => images)).toEqual([1, 1, 1]);
  expect(warnings.map(({ message }) => message)).toEqual(["fewer than 5 images: a (1), b (1), c (1)"]);
  const labels = labelIndices(dataset);
  expect([...leaveOneGroupOut(labels)]).toEqual([0, 1, 2]);
  expect(() => stratifiedGroupKFold({ labels, groups: labels, folds: 5, random: createRandom(0) })).toThrow("2 to 3");
});

it("case 24: an empty class folder is listed and moves no class index", async () => {
  const folder = temporaryFolder();
  for (const name of ["a", "c"]) put(folder, `${name}/1.jpg`, await jpeg(1));
  put(folder, "b/notes.txt", "no image here");
  const dataset = await scanDataset(folder);
  expect(dataset.classes).toEqual(["a", "c"]);
  expect(dataset.emptyClasses).toEqual(["b"]);
  expect([...labelIndices(dataset)]).toEqual([0, 1]);
});

it("case 25: classes are mapped by name across splits; one only in test is dropped with a count", async () => {
  const folder = temporaryFolder();
  for (const name of ["b", "c", "d"]) for (const i of [1, 2]) put(folder, `Training/${name}/${i}.jpg`, await jpeg(i));
  for (const name of ["a", "c"]) for (const i of [1, 2, 3]) put(folder, `valid/${name}/${i}.jpg`, await jpeg(i));
  put(folder, "TEST/d/1.jpg", await jpeg(5));
  const dataset = await scanDataset(folder);
  expect([dataset.layout, dataset.classes]).toEqual(["splits", ["b", "c", "d"]]);
  const seen = new Set(dataset.items.map(({ split, label }) => `${split}/${label}`));
  expect(seen).toEqual(new Set(["test/d", "train/b", "train/c", "train/d", "validation/c"]));
  expect(dataset.warnings.map(({ message }) => message)).toEqual([
    "only in validation, not in train: a; 3 images left out",
    "in train, not in validation: b, d",
    "in train, not in test: b, c",
  ]);
  expect(Object.isFrozen(dataset.classes)).toBe(true);
});

/** Facts of pictures that have nothing in common, without drawing them. */
const strangers = (count: number): ImageFacts[] =>
  range(count).map((i) => ({
    format: "jpeg",
    width: 100,
    height: 100,
    frames: 1,
    sha256: String(i),
    sizeBytes: 1000,
    fingerprint: createHash("shake256", { outputLength: FINGERPRINT_BYTES }).update(String(i)).digest(),
  }));

const labelled = (labels: readonly string[]): DataSet => ({
  root: "/photos",
  layout: "folders",
  classes: [...new Set(labels)].sort(),
  items: labels.map((label, i) => ({
    path: Buffer.from(`/photos/${i}.jpg`),
    name: `${label}/${i}.jpg`,
    label,
    split: null,
    group: null,
  })),
  emptyClasses: [],
  skipped: [],
  ignored: 0,
  ignoredExamples: [],
  warnings: [],
});

it("case 26: 10 000 classes of 5 images are judged and folded in bounded memory", () => {
  const count = 50_000;
  const facts = strangers(count);
  const dataset = labelled(range(count).map((i) => `class ${i % 10_000}`));
  const before = process.memoryUsage();
  const found = findings(dataset, facts);
  const labels = labelIndices(dataset);
  const folds = stratifiedGroupKFold({
    labels,
    groups: Int32Array.from(range(count)),
    folds: 5,
    random: createRandom(0),
  });
  const after = process.memoryUsage();
  expect(found.classes).toHaveLength(10_000);
  expect(found.nearDuplicates).toEqual([]);
  const perClass = new Set(range(count).map((i) => `${labels[i]} ${folds[i]}`));
  expect(perClass.size).toBe(count);
  expect((after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20).toBeLessThan(300);
});

it("case 28: imbalance of 1 to 1000 is said in figures", () => {
  const { warnings } = findings(labelled(["rare", ...range(1000).map(() => "common")]), strangers(1001));
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ["W_FEW_IMAGES", "fewer than 5 images: rare (1)"],
    ["W_IMBALANCE", expect.stringContaining("common has 1000 images, rare 1")],
  ]);
});

describe("case 33: files that change under our hands", () => {
  it("one that vanishes during the audit is listed by name, the rest goes on", async () => {
    const folder = temporaryFolder();
    for (const i of range(5)) put(folder, `a/${i}.jpg`, await jpeg(i));
    const dataset = await scanDataset(folder);
    const audit = await auditDataset(dataset, {
      concurrency: 1,
      onImage: ({ index }) => {
        if (index === 1) rmSync(join(folder, "a/3.jpg"));
        if (index === 2) put(folder, "a/4.jpg", "");
      },
    });
    expect(audit.unreadable.map(({ name, code }) => [name, code])).toEqual([
      ["a/3.jpg", "E_FILE_MISSING"],
      ["a/4.jpg", "E_IMAGE_EMPTY"],
    ]);
    expect(audit.facts.filter((fact) => fact !== null)).toHaveLength(3);
  });

  it("one that was changed since is known by its hash", async () => {
    const folder = temporaryFolder();
    put(folder, "a/1.jpg", await jpeg(1));
    const dataset = await scanDataset(folder);
    const { facts } = await auditDataset(dataset);
    put(folder, "a/1.jpg", await jpeg(2));
    const error = await failure(readItem(dataset.items[0]!, facts[0]!.sha256));
    expect([error.code, error.message]).toEqual(["E_FILE_CHANGED", expect.stringMatching(/^a\/1\.jpg: wanted sha256/)]);
  });

  it("what a caller throws ends the audit and nothing goes on behind its back", async () => {
    const folder = temporaryFolder();
    for (const i of range(8)) put(folder, `a/${i}.jpg`, await jpeg(i));
    const seen: number[] = [];
    const audit = auditDataset(await scanDataset(folder), {
      concurrency: 2,
      onImage: ({ index }) => {
        seen.push(index);
        if (index === 1) throw new Error("full disk");
      },
    });
    await expect(audit).rejects.toThrow("full disk");
    const count = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([seen.length, count <= 4]).toEqual([count, true]);
  });
});

it("reads each file once: the audit hands out bytes and network input, and known facts spare the decoding", async () => {
  const folder = temporaryFolder();
  for (const i of range(3))
    put(
      folder,
      `a/${i}.jpg`,
      await sharp(await jpeg(i))
        .resize(900, 700)
        .jpeg()
        .toBuffer(),
    );
  const dataset = await scanDataset(folder);
  const { preprocessImage } = await import("../../src/data/preprocess.ts");
  const inputs: Uint8Array[] = [];
  const first = await auditDataset(dataset, {
    preprocess: settings,
    onImage: async ({ index, bytes, input }) => {
      inputs[index] = await input(settings);
      expect(inputs[index]).toEqual(await preprocessImage(bytes, settings));
    },
  });
  const known = new Map(first.facts.map((fact) => [fact!.sha256, fact!]));
  const second = await auditDataset(dataset, {
    preprocess: settings,
    recall: (sha256) => known.get(sha256),
    onImage: async ({ index, input }) => expect(await input(settings)).toEqual(inputs[index]),
  });
  expect(second).toEqual(first);
});
