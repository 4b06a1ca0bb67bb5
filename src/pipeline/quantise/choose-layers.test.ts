import { describe, expect, it } from "vitest";
import { chooseRung, ladderOf } from "./choose-layers.ts";

const right = (wrong: readonly number[], n = 100): Uint8Array =>
  Uint8Array.from({ length: n }, (_, i) => (wrong.includes(i) ? 0 : 1));
const rung = (wrong: readonly number[]) => ({ right: right(wrong), same: right(wrong) });
const folds = Int32Array.from({ length: 100 }, (_, i) => i % 5);

describe("how many layers stay in floats", () => {
  it("climbs one by one, then in longer steps, to half of the layers", () => {
    expect(ladderOf(1)).toEqual([0]);
    expect(ladderOf(5)).toEqual([0, 1, 2]);
    expect(ladderOf(52)).toEqual([0, 1, 2, 3, 4, 6, 8, 12, 16, 24]);
  });

  it("takes the first that loses at most half of what is allowed, and asks no further", async () => {
    const asked: number[] = [];
    const rungs = [rung([1, 2, 3, 4]), rung([1, 2]), rung([]), rung([])];
    const choice = await chooseRung({
      before: right([]),
      after: async (at) => (asked.push(at), rungs[at]!),
      rungs: 4,
      folds,
      maxLoss: 0.04,
    });
    expect(choice.rung).toBe(1);
    expect(choice.losses[0]).toBeCloseTo(0.04, 10);
    expect(choice.losses[1]).toBeCloseTo(0.02, 10);
    // fold 1's complement loses one of 80, fold 0's two of 80: more than 2 %, so that it climbs once more
    expect([choice.nested[1], choice.nested[2], choice.nested[0]]).toEqual([1, 1, 2]);
    expect(asked).toEqual([0, 1, 2]);
  });

  it("chooses for each fold without it: a loss in one fold alone is seen in its own figure", async () => {
    const lossy = rung([0, 5, 10]); // all of fold 0
    const choice = await chooseRung({
      before: right([]),
      after: async (at) => (at === 0 ? lossy : rung([])),
      rungs: 2,
      folds,
      maxLoss: 0.04,
    });
    expect(choice.rung).toBe(1);
    expect(choice.nested[0]).toBe(0); // without fold 0 nothing was lost
    expect(choice.nested[1]).toBe(1);
  });

  it("says that none will do", async () => {
    const choice = await chooseRung({
      before: right([]),
      after: async () => rung([...folds.keys()]),
      rungs: 2,
      folds,
      maxLoss: 0.01,
    });
    expect(choice.rung).toBeNull();
    expect([...new Set(choice.nested)]).toEqual([1]);
    expect(choice.losses).toEqual([1, 1]);
  });

  it("refuses other answers even where as many are right", async () => {
    const half = right(Array.from({ length: 50 }, (_, i) => i));
    const other = { right: right(Array.from({ length: 50 }, (_, i) => 50 + i)), same: right([...folds.keys()]) };
    const options = { before: half, rungs: 1, folds, maxLoss: 0.5 };
    expect((await chooseRung({ ...options, after: async () => other })).rung).toBeNull();
  });

  it("takes a gain as no loss", async () => {
    const choice = await chooseRung({
      before: right([1, 2, 3]),
      after: async () => rung([]),
      rungs: 3,
      folds,
      maxLoss: 0,
    });
    expect(choice.rung).toBe(0);
  });
});
