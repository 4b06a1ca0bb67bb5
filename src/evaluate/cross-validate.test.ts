import { afterAll, describe, expect, it } from "vitest";
import { matrix, matrixOf, rowOf } from "../base/matrix.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { method as nearestClassMean } from "../methods/few-shot/nearest-class-mean.ts";
import type { Method, Support } from "../methods/method.ts";
import { crossScores, fitAll } from "./cross-validate.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

/** Learns which rows it was shown, and answers every query with them: 1 for a row it knows, one column a row. */
const witness: Method = {
  name: "witness",
  paper: "",
  transductive: false,
  defaults: {},
  candidates: [{}],
  complexity: 0,
  onePass: false,
  fit: async ({ features }) => Array.from(features.data),
  predict: async (state, queries) => {
    const known = Float32Array.from({ length: 8 }, (_, row) => ((state as number[]).includes(row) ? 1 : 0));
    const out = matrix(queries.rows, 8);
    for (let i = 0; i < queries.rows; i++) rowOf(out, i).set(known);
    return out;
  },
  graph: (_g, _state, embedding) => embedding,
};

/** The same, all subsets at once; remembers how many came together. */
const together = (batches: number[]): Method => ({
  ...witness,
  fitSubsets: async (_support, subsets) => {
    batches.push(subsets.length);
    return subsets.map((rows) => Array.from(rows));
  },
});

// features are the rows' own numbers; row 3 is never asked
const support: Support = {
  features: matrix(8, 1, Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7])),
  labels: new Int32Array(8),
  ways: 8,
};
const folds = Int32Array.from([0, 1, 2, -1, 0, 1, 2, 2]);
const round = { folds, count: 3 };

const without = (...held: number[]): number[] => Array.from(folds, (fold) => (held.includes(fold) ? 0 : 1));

describe.each([
  ["one by one", witness],
  ["together", together([])],
])("crossScores, fitted %s", (_, method) => {
  it("asks about every row a model that saw all but its fold", async () => {
    const { outer } = await crossScores({ method, options: {} }, { support, round, pairs: false }, algebra);
    folds.forEach((fold, row) =>
      expect([...rowOf(outer, row)]).toEqual(fold < 0 ? new Array(8).fill(0) : without(fold)),
    );
  });

  it("asks, for every outer fold, a model that saw neither it nor the row's fold", async () => {
    const { outer, inner } = await crossScores({ method, options: {} }, { support, round, pairs: true }, algebra);
    expect(inner).toHaveLength(3);
    for (const held of [0, 1, 2])
      folds.forEach((fold, row) => {
        const wanted = fold < 0 || fold === held ? new Array(8).fill(0) : without(held, fold);
        expect([...rowOf(inner[held]!, row)]).toEqual(wanted);
      });
    expect([...rowOf(outer, 0)]).toEqual(without(0));
  });

  it("holds the rows of a sample alone, and learns from all others", async () => {
    const sampled = { folds: Int32Array.from([-1, 1, 2, -1, 0, -1, -1, -1]), count: 3, asked: Int32Array.of(1, 2, 4) };
    const seen = (...held: number[]): number[] => Array.from({ length: 8 }, (_, row) => (held.includes(row) ? 0 : 1));
    const { outer, inner } = await crossScores(
      { method, options: {} },
      { support, round: sampled, pairs: true },
      algebra,
    );
    expect([0, 1, 2].map((at) => [...rowOf(outer, at)])).toEqual([seen(1), seen(2), seen(4)]);
    // without fold 0, which is row 4: rows 1 and 2
    expect([0, 1, 2].map((at) => [...rowOf(inner[0]!, at)])).toEqual([seen(1, 4), seen(2, 4), seen(-1).fill(0)]);
  });

  it("asks no pairs where none are wanted", async () => {
    const { inner } = await crossScores({ method, options: {} }, { support, round, pairs: false }, algebra);
    expect(inner).toEqual([]);
  });
});

describe("crossScores of a real head", () => {
  it("is leave-one-out by hand", async () => {
    // directions 0°, 60° (class 0) and 90°, 90° (class 1)
    const angles = [0, Math.PI / 3, Math.PI / 2, Math.PI / 2];
    const features = matrixOf(angles.map((a) => [Math.cos(a), Math.sin(a)]));
    const real: Support = { features, labels: Int32Array.from([0, 0, 1, 1]), ways: 2 };
    const { outer } = await crossScores(
      { method: nearestClassMean, options: { metric: "cosine" } },
      { support: real, round: { folds: Int32Array.from([0, 1, 2, 3]), count: 4 }, pairs: false },
      algebra,
    );
    // without itself: row 0 meets 60° and 90°, row 1 meets 0° and 90°, rows 2 and 3 meet 30° and 90°
    const wanted = [Math.cos(Math.PI / 3), 0, 0.5, Math.sqrt(3) / 2, 0.5, 1, 0.5, 1];
    wanted.forEach((score, at) => expect(outer.data[at]).toBeCloseTo(score, 6));
  });
});

describe("fitAll", () => {
  it("hands over as many subsets at a time as memory allows, in order", async () => {
    const batches: number[] = [];
    const subsets = Array.from({ length: 5 }, (_, row) => Int32Array.from([row]));
    const seen: unknown[] = [];
    // 8 rows x 375 000 classes: two matrices fill six million numbers
    const many = { ...support, ways: 375_000 };
    for await (const { index, state } of fitAll({ method: together(batches), options: {} }, many, subsets, algebra))
      seen.push([index, state]);
    expect(batches).toEqual([2, 2, 1]);
    expect(seen).toEqual(subsets.map((_, row) => [row, [row]]));
  });

  it("hands over one at a time where one fills the memory", async () => {
    const batches: number[] = [];
    const subsets = [Int32Array.from([0]), Int32Array.from([1])];
    const many = { ...support, ways: 1e9 };
    for await (const { index } of fitAll({ method: together(batches), options: {} }, many, subsets, algebra))
      expect(index).toBe(batches.length - 1);
    expect(batches).toEqual([1, 1]);
  });
});
