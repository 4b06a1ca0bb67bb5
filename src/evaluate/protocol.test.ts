import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom, shuffled } from "../base/random.ts";
import { heldOut, planRounds, type Plan } from "./protocol.ts";
import type { Subjects } from "./subjects.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Images of each class, every one its own group. */
const singles = (...shots: number[]): Subjects => {
  const labels = Int32Array.from(shots.flatMap((n, c) => new Array<number>(n).fill(c)));
  return { labels, groups: Int32Array.from(labels.keys()), ways: shots.length };
};

const plan = (subjects: Subjects, seed: string | number = 0): Plan => planRounds(subjects, createRandom(seed));

/** Classes that a model sees when these folds are held out. */
const taught = ({ labels }: Subjects, folds: Int32Array, ...held: (number | null)[]): number =>
  new Set(labels.filter((_, i) => !held.includes(folds[i]!))).size;

describe("planRounds", () => {
  it("leaves one out where a class has two to four images", () => {
    for (const shots of [2, 3, 4]) {
      const { kind, rounds, unasked } = plan(singles(shots, 6));
      expect(kind).toBe("leave-one-out");
      expect(unasked).toEqual([]);
      expect(rounds).toHaveLength(1);
      expect(rounds[0]!.count).toBe(shots + 6);
      expect([...rounds[0]!.folds]).toEqual(range(shots + 6));
    }
    expect(plan(singles(5, 6)).kind).toBe("k-fold");
    expect(plan(singles(4, 60)).kind).toBe("k-fold");
  });

  it("can choose a head from three images a class on", () => {
    expect(plan(singles(2, 2)).canSelect).toBe(false);
    expect(plan(singles(2, 9)).canSelect).toBe(false);
    expect(plan(singles(3, 3)).canSelect).toBe(true);
    expect(plan(singles(20, 20)).canSelect).toBe(true);
  });

  it("cannot choose a head from two folds, though every class is taught without them", () => {
    // classes 2 and 3 have one image each, beside one of class 0 and of class 1; two groups are left to ask
    const subjects = {
      labels: Int32Array.from([2, 0, 3, 1, 0, 1, 0, 1]),
      groups: Int32Array.from([0, 0, 1, 1, 2, 2, 3, 3]),
      ways: 4,
    };
    const { rounds, canSelect, unasked } = plan(subjects);
    expect([...rounds[0]!.folds]).toEqual([-1, -1, -1, -1, 0, 0, 1, 1]);
    expect({ canSelect, unasked }).toEqual({ canSelect: false, unasked: [2, 3] });
  });

  it("estimates nothing where fewer than two classes can be asked", () => {
    const none = { kind: "none", rounds: [], canSelect: false };
    expect(plan(singles(1, 1, 1))).toEqual({ ...none, unasked: [0, 1, 2] });
    expect(plan(singles(1, 9))).toEqual({ ...none, unasked: [0] });
    expect(plan(singles(9))).toEqual({ ...none, unasked: [] });
    // nine images that are one group are one image
    const oneGroup = {
      ...singles(9, 9),
      groups: Int32Array.from([...range(9).map(() => 0), ...range(9).map((i) => i + 1)]),
    };
    expect(plan(oneGroup)).toEqual({ ...none, unasked: [0] });
  });

  it("always trains on a class with a single image and on what is in its group", () => {
    const subjects = { ...singles(1, 6, 6), groups: Int32Array.from([0, 0, ...range(11).map((i) => i + 1)]) };
    const { kind, rounds, unasked, canSelect } = plan(subjects);
    expect({ kind, unasked, canSelect }).toEqual({ kind: "k-fold", unasked: [0], canSelect: true });
    for (const { folds } of rounds) {
      expect([...folds.subarray(0, 2)]).toEqual([-1, -1]);
      expect(folds.subarray(2).every((fold) => fold >= 0)).toBe(true);
    }
  });

  it("repeats by size", () => {
    const shape = (subjects: Subjects): number[] => {
      const { rounds } = plan(subjects);
      return [rounds[0]!.count, rounds.length];
    };
    expect(shape(singles(5, 5))).toEqual([10, 3]);
    expect(shape(singles(100, 100))).toEqual([10, 3]);
    expect(shape(singles(100, 101))).toEqual([10, 1]);
    expect(shape(singles(...range(21).map(() => 5)))).toEqual([10, 1]);
    expect(shape(singles(200, 201))).toEqual([5, 1]);
    // no more folds than groups
    expect(shape({ ...singles(20, 20), groups: Int32Array.from(range(40), (i) => (i / 5) | 0) })).toEqual([8, 1]);
  });

  it("draws every repeat anew, the same for the same seed, blind to the order of images", () => {
    const subjects = { ...singles(15, 15), keys: range(30).map((i) => `photo-${i}`) };
    const { rounds } = plan(subjects);
    expect(plan(subjects).rounds).toEqual(rounds);
    expect(rounds[0]!.folds).not.toEqual(rounds[1]!.folds);
    expect(plan(subjects, 1).rounds[0]!.folds).not.toEqual(rounds[0]!.folds);
    const order = shuffled(range(30), createRandom("order"));
    const mixed = plan({
      labels: Int32Array.from(order, (i) => subjects.labels[i]!),
      groups: Int32Array.from(order, (i) => subjects.groups[i]!),
      ways: 2,
      keys: order.map((i) => subjects.keys[i]!),
    });
    mixed.rounds.forEach(({ folds }, r) => order.forEach((i, at) => expect(folds[at]).toBe(rounds[r]!.folds[i])));
  });

  it("never splits a group, and teaches every class whatever is held out", () => {
    const item = fc.record({ label: fc.nat(3), group: fc.nat(25) });
    const items = fc.array(item, { minLength: 4, maxLength: 60 });
    fc.assert(
      fc.property(items, fc.integer(), (rows, seed) => {
        const present = [...new Set(rows.map((row) => row.label))];
        const subjects = {
          labels: Int32Array.from(rows, (row) => present.indexOf(row.label)),
          groups: Int32Array.from(rows, (row) => row.group),
          ways: present.length,
        };
        const { rounds, canSelect, kind, unasked } = plan(subjects, seed);
        fc.pre(kind !== "none");
        const asked = new Set<number>();
        for (const round of rounds) {
          const foldOf = new Map<number, number>();
          round.folds.forEach((fold, i) => {
            expect(fold).toBe(foldOf.get(rows[i]!.group) ?? fold);
            foldOf.set(rows[i]!.group, fold);
            if (fold >= 0) asked.add(subjects.labels[i]!);
          });
          for (const { a, b } of heldOut(round, canSelect))
            expect(taught(subjects, round.folds, a, b)).toBe(subjects.ways);
        }
        expect([...asked, ...unasked].sort()).toEqual(range(subjects.ways));
      }),
      { numRuns: 300 },
    );
  });

  it("does not ask about a class that fell into one fold", () => {
    // Nine large groups of class 2 fill nine folds; the two that hold class 0 can only meet in the tenth.
    const labels: number[] = [];
    const groups: number[] = [];
    const put = (group: number, label: number, images: number): void => {
      for (let i = 0; i < images; i++) {
        labels.push(label);
        groups.push(group);
      }
    };
    for (const group of range(9)) put(group, 2, 31);
    put(9, 0, 1);
    put(9, 1, 31);
    put(10, 0, 1);
    put(10, 2, 29);
    for (const i of range(52)) put(11 + i, 1, 1);
    const subjects = { labels: Int32Array.from(labels), groups: Int32Array.from(groups), ways: 3 };
    const { kind, rounds, unasked, canSelect } = plan(subjects);
    expect(kind).toBe("k-fold");
    for (const round of rounds) {
      expect(new Set(round.folds.filter((_, i) => labels[i] === 0))).toEqual(new Set([-1]));
      // their whole groups stay with them
      expect(new Set(round.folds.filter((_, i) => groups[i] === 9 || groups[i] === 10))).toEqual(new Set([-1]));
      for (const { a, b } of heldOut(round, canSelect)) expect(taught(subjects, round.folds, a, b)).toBe(3);
    }
    expect(unasked).toEqual([0]);
  });
});

describe("heldOut", () => {
  const round = { folds: new Int32Array(0), count: 4 };

  it("names every fold alone, and every pair once where asked", () => {
    expect(heldOut(round, false)).toEqual(range(4).map((a) => ({ a, b: null })));
    const pairs = heldOut(round, true).filter(({ b }) => b !== null);
    expect(pairs).toHaveLength(6);
    expect(new Set(pairs.map(({ a, b }) => `${a} ${b}`)).size).toBe(6);
    expect(pairs.every(({ a, b }) => a < b!)).toBe(true);
  });
});
