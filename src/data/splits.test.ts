import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, shuffled } from "../base/random.ts";
import { leaveOneGroupOut, stratifiedGroupKFold } from "./splits.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Images of each class in each fold: [folds][classes]. */
const table = (assigned: Int32Array, labels: Int32Array, folds: number, classes: number): number[][] => {
  const counts = range(folds).map(() => range(classes).map(() => 0));
  assigned.forEach((fold, i) => counts[fold]![labels[i]!]!++);
  return counts;
};

describe("stratifiedGroupKFold", () => {
  it("spreads single images as evenly as whole numbers allow", () => {
    const labels = Int32Array.from([...range(23).map(() => 0), ...range(7).map(() => 1), ...range(40).map(() => 2)]);
    const groups = Int32Array.from(range(70));
    const counts = table(stratifiedGroupKFold({ labels, groups, folds: 5, random: createRandom(0) }), labels, 5, 3);
    for (const c of [0, 1, 2]) {
      const column = counts.map((row) => row[c]!);
      expect(Math.max(...column) - Math.min(...column)).toBeLessThanOrEqual(1);
    }
    const sizes = counts.map((row) => row.reduce((a, b) => a + b));
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it("never splits a group, uses every fold, and depends on keys, not on order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ label: fc.nat(3), group: fc.nat(12) }), { minLength: 20, maxLength: 80 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer(),
        (items, folds, seed) => {
          fc.pre(new Set(items.map((x) => x.group)).size >= folds);
          const run = (order: readonly number[]): Int32Array =>
            stratifiedGroupKFold({
              labels: Int32Array.from(order, (i) => items[i]!.label),
              groups: Int32Array.from(order, (i) => items[i]!.group),
              folds,
              random: createRandom(seed),
              keys: order.map((i) => `image-${i}`),
            });
          const plain = run(range(items.length));
          const foldOf = new Map<number, number>();
          items.forEach(({ group }, i) => {
            expect(foldOf.get(group) ?? plain[i]).toBe(plain[i]);
            foldOf.set(group, plain[i]!);
          });
          expect(new Set(plain).size).toBe(folds);
          const order = shuffled(range(items.length), createRandom(seed + 1));
          const mixed = run(order);
          order.forEach((i, at) => expect(mixed[at]).toBe(plain[i]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("answers differently to another seed and says how many folds there can be", () => {
    const labels = new Int32Array(30);
    const groups = Int32Array.from(range(30));
    const run = (seed: number, folds = 3): string =>
      stratifiedGroupKFold({ labels, groups, folds, random: createRandom(seed) }).join();
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
    expect(() => run(1, 31)).toThrow("wanted a whole number from 2 to 30");
    expect(() => run(1, 1)).toThrow("folds");
  });

  it("keeps class shares near even with groups of many sizes", () => {
    const random = createRandom("sizes");
    const labels: number[] = [];
    const groups: number[] = [];
    for (let g = 0; g < 120; g++)
      for (let k = 0; k <= random.integer(6); k++) {
        labels.push(g % 4);
        groups.push(g);
      }
    const wanted = Int32Array.from(labels);
    const counts = table(
      stratifiedGroupKFold({ labels: wanted, groups: Int32Array.from(groups), folds: 5, random }),
      wanted,
      5,
      4,
    );
    for (const c of range(4)) {
      const column = counts.map((row) => row[c]!);
      const mean = column.reduce((a, b) => a + b) / 5;
      for (const count of column) expect(Math.abs(count - mean)).toBeLessThanOrEqual(2);
    }
  });
});

describe("leaveOneGroupOut", () => {
  it("numbers groups in order of first item", () => {
    expect([...leaveOneGroupOut(Int32Array.from([7, 3, 7, 9, 3]))]).toEqual([0, 1, 0, 2, 1]);
  });
});
