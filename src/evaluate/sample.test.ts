import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { probabilityOf, weakestFirst } from "./evidence.ts";
import { confusionOf } from "./metrics.ts";
import { confusedPairsOf, outOfFoldOfAll, sampleRows } from "./sample.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Rows drawn of classes with so many images each, all of which may be held out. */
const drawn = (shots: readonly number[], ways: number, seed: number, groupOf = (row: number) => row): number[] => {
  const labels = Int32Array.from(shots.flatMap((n, c) => new Array<number>(n).fill(c)));
  return sampleRows(
    { labels, groups: labels.map((_, row) => groupOf(row)), ways },
    range(labels.length),
    createRandom(seed),
  );
};

describe("sampleRows", () => {
  it("asks half of what may be held out at most, and leaves every class something to learn from", () => {
    for (const seed of range(5)) {
      const rows = drawn([2, 3, 2, 5, 2], 5, seed);
      expect(Math.abs(rows.length - 7)).toBeLessThanOrEqual(1);
      const ends = [0, 2, 5, 7, 12, 14];
      ends.slice(1).forEach((end, c) => {
        const own = rows.filter((row) => row >= ends[c]! && row < end);
        expect(own.length).toBeLessThan(end - ends[c]!);
      });
    }
  });

  it("asks as many as keep scores within 200 MB, in proportion to the classes", () => {
    // 200e6 / (4 bytes x 9 matrices x 10 000 classes) = 555
    const rows = drawn([9000, 3000, 1500], 10_000, 1);
    expect(Math.abs(rows.length - 555)).toBeLessThanOrEqual(1);
    const first = rows.filter((row) => row < 9000).length;
    expect(Math.abs(first - (555 * 9000) / 13_500)).toBeLessThan(2);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
  });

  it("asks groups whole, and another seed asks others", () => {
    const rows = drawn([30, 30], 2, 1, (row) => Math.floor(row / 3));
    const asked = new Set(rows.map((row) => Math.floor(row / 3)));
    expect(rows).toHaveLength(3 * asked.size);
    expect(drawn([30, 30], 2, 2, (row) => Math.floor(row / 3))).not.toEqual(rows);
  });
});

describe("what is kept of a sample", () => {
  it("has a place for every image, and of those asked the likeliest classes and the truth", () => {
    const ways = 50;
    const probabilities = range(ways).map((c) => (c === 7 ? 0.5 : c === 3 ? 0.2 : (0.3 * (c + 1)) / 2000));
    const one = { label: 0, predicted: 7, votes: [7], probabilities, unknownScore: 2 };
    const sample = {
      labels: Int32Array.of(4, 0, 9),
      groups: Int32Array.of(0, 1, 2),
      rows: Int32Array.of(1),
    };
    const all = outOfFoldOfAll([one], sample);
    expect(all.map(({ label, predicted, votes }) => ({ label, predicted, votes }))).toEqual([
      { label: 4, predicted: 4, votes: [] },
      { label: 0, predicted: 7, votes: [7] },
      { label: 9, predicted: 9, votes: [] },
    ]);
    expect(all[0]!.probabilities).toEqual([]);
    expect(all[1]!.classes!.slice(0, 3)).toEqual([7, 3, 49]);
    expect(all[1]!.classes).toHaveLength(21);
    for (const c of [7, 3, 49, 0]) expect(probabilityOf(all[1]!, c)).toBe(probabilities[c]);
    expect(probabilityOf(all[1]!, 5)).toBe(0);
    expect(probabilityOf(one, 5)).toBe(probabilities[5]);
  });

  it("names no weakest class for a single image that was missed", () => {
    const one = { images: 5, precision: null, mostlyTakenFor: null };
    const classes = [
      { ...one, name: "asked once", recall: { value: 0, interval: { low: 0, high: 0.99 } } },
      { ...one, name: "not asked", recall: null },
      { ...one, name: "often", recall: { value: 0.8, interval: { low: 0.6, high: 0.9 } } },
      { ...one, name: "often missed", recall: { value: 0.5, interval: { low: 0.3, high: 0.7 } } },
    ];
    const names = (pairs: object) => weakestFirst({ classes, ...pairs }).map(({ name }) => name);
    expect(names({ confusedPairs: [] })).toEqual(["often missed", "often"]);
    expect(names({})).toEqual(["asked once", "often missed", "often"]);
  });

  it("lists confused pairs, most images first", () => {
    const confusion = confusionOf([0, 0, 0, 1, 2, 2], [[0, 1, 2, 1, 1, 1]], 3);
    expect(confusedPairsOf(confusion)).toEqual([
      { label: 2, predicted: 1, images: 2 },
      { label: 0, predicted: 1, images: 1 },
      { label: 0, predicted: 2, images: 1 },
    ]);
  });
});
