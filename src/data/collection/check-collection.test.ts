import { expect, it } from "vitest";
import type { DataSet, Item } from "../dataset.ts";
import { angleVariety, backgroundVariety, checkCollection, type Measured } from "./check-collection.ts";
import { parseCollectionSpec } from "./collection-spec.ts";
import { CELL_NUMBERS, CELLS, isBorder, type PhotoMeasures } from "./measure-photo.ts";

const measures = (changes: Partial<PhotoMeasures> = {}, border = 0): PhotoMeasures => ({
  size: 200,
  shape: 1,
  brightness: 0.5,
  contrast: 0.2,
  black: 0,
  white: 0,
  sharpness: 100,
  warmth: 0,
  tint: 0,
  angle: [1, 0],
  cells: Float32Array.from({ length: CELLS * CELLS * CELL_NUMBERS }, (_, at) =>
    isBorder(Math.floor(at / CELL_NUMBERS)) ? border : at,
  ),
  ...changes,
});

const dataset = (labels: readonly (string | null)[], names?: readonly string[]): DataSet => ({
  root: "/photos",
  layout: "folders",
  classes: [...new Set(labels.filter((label) => label !== null))].sort(),
  items: labels.map((label, i): Item => {
    const name = names?.[i] ?? `${label}/${i}.jpg`;
    return { path: Buffer.from(name), name, label, split: null, group: null };
  }),
  emptyClasses: [],
  skipped: [],
  ignored: 0,
  ignoredExamples: [],
  warnings: [],
});

const check = (spec: string, data: DataSet, measured: Measured) =>
  checkCollection(data, parseCollectionSpec(`version: 1\n${spec}`, "spec.yaml"), measured);

it("names photos out of range, on either side, and leaves out the unreadable", () => {
  const found = check(
    "photo: { brightness: { least: 0.2, most: 0.8 }, sharpness: { least: 50 } }",
    dataset(["a", "a", "b", "b"]),
    [measures({ brightness: 0.1 }), measures({ brightness: 0.9, sharpness: 20 }), null, measures()],
  );
  expect(found.photos.map(({ index, title, text }) => [index, title, text])).toEqual([
    [0, "too dark", "brightness 0.1, wanted at least 0.2"],
    [1, "too bright", "brightness 0.9, wanted at most 0.8"],
    [1, "blurred", "sharpness 20, wanted at least 50"],
  ]);
});

it("says nothing where nothing is asked", () => {
  const found = check("", dataset(["a", null]), [measures({ brightness: 0 }), measures()]);
  expect(found).toEqual({ photos: [], classes: [], tags: [], untagged: [] });
});

it("judges classes by number, background and angles", () => {
  const labels = ["a", "a", "a", "a", "a", "b", "b"];
  const found = check(
    "class: { photos: 3, background: 0.1, angles: 0.1 }",
    dataset(labels),
    labels.map(() => measures()),
  );
  expect(found.classes.map(({ name, key, value }) => [name, key, value])).toEqual([
    ["a", "background", 0],
    ["a", "angles", 0],
    ["b", "photos", 2],
  ]);
});

it("measures variety by hand", () => {
  // two borders 0.6 apart in every cell
  expect(backgroundVariety([measures({}, 0.2), measures({}, 0.8)])).toBeCloseTo(0.6, 5);
  expect(backgroundVariety([measures({}, 0.5), measures({}, 0.5)])).toBe(0);
  expect(angleVariety([measures(), measures({ angle: [-1, 0] })])).toBe(1);
  expect(angleVariety([measures(), measures({ angle: [0, 1] })])).toBeCloseTo(1 - Math.SQRT1_2, 5);
  expect(angleVariety([measures({ angle: [0, 0] })])).toBe(1);
});

it("counts capture conditions class by class", () => {
  const names = ["a/1_day.jpg", "a/2_night.jpg", "b/1_day.jpg", "b/2_dusk.jpg"];
  const found = check(
    'tags: { light: { name: "*_{}.jpg", values: [day, night], per_class: 1 } }',
    dataset(["a", "a", "b", "b"], names),
    names.map(() => measures()),
  );
  expect(found.tags.map(({ name, text }) => [name, text])).toEqual([["b", "light night: 0 photos, wanted at least 1"]]);
  expect(found.untagged).toEqual([{ tag: "light", items: [3] }]);
});
