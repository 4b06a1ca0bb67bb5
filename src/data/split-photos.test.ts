import fc from "fast-check";
import { expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { splitByTime, splitStratified, type SplitSubjects } from "./split-photos.ts";

const subjects = (labels: readonly number[], groups?: readonly number[]): SplitSubjects => ({
  labels: Int32Array.from(labels),
  groups: Int32Array.from(groups ?? labels.keys()),
  keys: labels.map((_, i) => `key ${i}`),
});

const split = (photos: SplitSubjects, test = 0.2, validation = 0, seed = 0) =>
  splitStratified(photos, { test, validation }, createRandom(seed));

const count = (labels: readonly number[], splits: readonly string[], label: number, name: string): number =>
  labels.filter((own, i) => own === label && splits[i] === name).length;

it("keeps the proportion of every class, and one photo of small ones", () => {
  const labels = [...Array<number>(100).fill(0), ...Array<number>(20).fill(1), ...Array<number>(3).fill(2), 3];
  const splits = split(subjects(labels), 0.2, 0.1);
  expect([0, 1, 2, 3].map((label) => count(labels, splits, label, "test"))).toEqual([20, 4, 1, 0]);
  expect([0, 1, 2, 3].map((label) => count(labels, splits, label, "validation"))).toEqual([10, 2, 1, 0]);
});

it("depends on the seed and not on the order of photos", () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % 3);
  const photos = subjects(labels);
  const order = [...labels.keys()].reverse();
  const turned: SplitSubjects = {
    labels: Int32Array.from(order, (i) => photos.labels[i]!),
    groups: Int32Array.from(order, (i) => photos.groups[i]!),
    keys: order.map((i) => photos.keys[i]!),
  };
  expect(split(turned)).toEqual(order.map((i) => split(photos)[i]));
  expect(split(photos, 0.2, 0, 1)).not.toEqual(split(photos));
});

it("never parts a group, and leaves every class something to learn from", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ label: fc.nat(3), group: fc.nat(12) }), { minLength: 2, maxLength: 60 }),
      fc.double({ min: 0.05, max: 0.6, noNaN: true }),
      (photos, test) => {
        const labels = photos.map(({ label }) => label);
        const splits = split(
          subjects(
            labels,
            photos.map(({ group }) => group),
          ),
          test,
          0.2,
        );
        const sides = new Map<number, Set<string>>();
        photos.forEach(({ group }, i) => sides.set(group, (sides.get(group) ?? new Set()).add(splits[i]!)));
        for (const own of sides.values()) expect(own.size).toBe(1);
        for (const label of new Set(labels)) expect(count(labels, splits, label, "train")).toBeGreaterThan(0);
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

it("comes near the share with groups of many sizes", () => {
  const sizes = Array.from({ length: 40 }, (_, i) => 1 + (i % 9));
  const groups = sizes.flatMap((size, group) => Array<number>(size).fill(group));
  const labels = groups.map((group) => group % 2);
  const splits = split(subjects(labels, groups), 0.25);
  for (const label of [0, 1]) {
    const share = count(labels, splits, label, "test") / labels.filter((own) => own === label).length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
  }
});

it("by time takes the newest as test, moments whole, groups by their oldest photo", () => {
  const times = [1, 2, 3, 4, 5, 6, 7, 8, 9, 9];
  const photos = subjects(Array<number>(10).fill(0));
  expect(splitByTime(photos, times, { test: 0.2, validation: 0.2 })).toEqual([
    ..."tttttt".split("").map(() => "train"),
    "validation",
    "validation",
    "test",
    "test",
  ]);
  // both of the newest moment or none: 0.1 is as near to 2 photos as to none, and none is no test
  expect(splitByTime(photos, times, { test: 0.1, validation: 0 }).filter((side) => side === "test")).toHaveLength(2);
  const grouped = subjects(Array<number>(10).fill(0), [0, 1, 2, 3, 4, 5, 6, 7, 0, 9]);
  expect(
    splitByTime(grouped, times, { test: 0.2, validation: 0 }).flatMap((side, i) => (side === "test" ? [i] : [])),
  ).toEqual([7, 9]);
  expect(new Set(splitByTime(photos, Array<number>(10).fill(1), { test: 0.2, validation: 0 }))).toEqual(
    new Set(["train"]),
  );
});

it("refuses shares that leave nothing", () => {
  expect(() => split(subjects([0, 0]), 0)).toThrow(/wanted shares/);
  expect(() => split(subjects([0, 0]), 0.5, 0.5)).toThrow(/wanted shares/);
  expect(() => splitByTime(subjects([0]), [1], { test: 1, validation: 0 })).toThrow(/wanted shares/);
});
