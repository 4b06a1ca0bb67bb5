import { expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import type { DataSet } from "../dataset.ts";
import { checkCollection } from "./check-collection.ts";
import { parseCollectionSpec } from "./collection-spec.ts";
import { draftSpec } from "./draft-spec.ts";
import { CELL_NUMBERS, CELLS, type PhotoMeasures } from "./measure-photo.ts";

const random = createRandom("draft");
const photos = Array.from({ length: 40 }, (): PhotoMeasures => {
  const angle = 2 * Math.PI * random.uniform();
  return {
    size: 200,
    shape: 4 / 3,
    brightness: 0.5 + 0.05 * random.normal(),
    contrast: 0.2,
    black: 0,
    white: 0.01 * random.uniform(),
    sharpness: Math.exp(5 + 0.2 * random.normal()),
    warmth: 0,
    tint: 0,
    angle: [Math.cos(angle), Math.sin(angle)],
    cells: Float32Array.from({ length: CELLS * CELLS * CELL_NUMBERS }, () => random.uniform()),
  };
});
const dataset: DataSet = {
  root: "/photos",
  layout: "manifest",
  classes: ["a", "b"],
  items: photos.map((_, i) => ({
    path: Buffer.from(`${i}.jpg`),
    name: `${i}.jpg`,
    label: i % 2 ? "a" : "b",
    split: null,
    group: null,
    columns: new Map([
      ["light", i < 20 ? "day: yes" : "night"],
      ["shot", `number ${i}`],
    ]),
  })),
  emptyClasses: [],
  skipped: [],
  ignored: 0,
  ignoredExamples: [],
  warnings: [],
};

it("writes what the good examples keep to, and other photos do not", () => {
  const text = draftSpec(dataset, photos, { accuracy: 0.61, chance: 0.5 });
  const spec = parseCollectionSpec(text, "spec.yaml");
  const { photos: faults, ...rest } = checkCollection(dataset, spec, photos);
  expect(faults.length).toBeLessThan(4);
  expect(rest).toEqual({ classes: [], tags: [], untagged: [] });
  const { low, high } = { low: spec.photo.brightness!.least!, high: spec.photo.brightness!.most! };
  expect(low).toBeGreaterThan(0.3);
  expect(high).toBeLessThan(0.7);
  expect(spec.photo.size).toEqual({ least: 181 }); // a tenth below
  expect(spec.border).toEqual({ most: 0.63 }); // 0.5 + a quarter of what is left, rounded
  expect(spec.tags).toEqual({ light: { column: "light", values: ["day: yes", "night"], per_class: 1 } });
  const bad = photos.map((one) => ({ ...one, brightness: one.brightness / 3, sharpness: one.sharpness / 10 }));
  const found = checkCollection(dataset, spec, bad).photos;
  expect(found.filter(({ title }) => title === "too dark")).toHaveLength(40);
  expect(found.filter(({ title }) => title === "blurred")).toHaveLength(40);
});

it("explains every key", () => {
  const lines = draftSpec(dataset, photos, null).split("\n");
  for (const key of ["brightness", "sharpness", "photos", "background", "angles", "tags"])
    expect(lines[lines.findIndex((line) => line.trim().startsWith(`${key}:`)) - 1]!.trim()).toMatch(/^# /);
});
