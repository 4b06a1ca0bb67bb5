import { describe, expect, it } from "vitest";
import { matrix, matrixOf, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom, type Random } from "../base/random.ts";
import { fitTemperature, probabilitiesOf } from "./calibrate.ts";
import type { HeldOutScores } from "./cross-validate.ts";
import { predictedLabels } from "./metrics.ts";
import { nestedRound } from "./nested.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Scores of two classes, right by `margin` on every row. */
const right = (labels: ArrayLike<number>, margin: number): Matrix =>
  matrixOf(Array.from(labels, (label) => (label === 0 ? [margin, 0] : [0, margin])));

const noise = (rows: number, random: Random): Matrix =>
  matrix(
    rows,
    2,
    Float32Array.from({ length: rows * 2 }, () => random.normal()),
  );

const labels = Int32Array.from([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
const groups = Int32Array.from(range(12));
const round = { folds: Int32Array.from([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]), count: 3 };

describe("nestedRound", () => {
  const good = right(labels, 3);
  const bad = right(labels, -1);

  it("chooses for every fold by the scores that knew nothing of it, and answers with the others", () => {
    // candidate 0 looks bad without fold 1 only, candidate 1 without folds 0 and 2
    const scores = [
      { outer: right(labels, 1), inner: [good, bad, good] },
      { outer: right(labels, -1), inner: [bad, good, bad] },
    ];
    const { chosen, predicted, probabilities } = nestedRound({ round, labels, groups, scores });
    expect(chosen).toEqual([0, 1, 0]);
    // candidate 1 is wrong about fold 1
    expect([...predicted]).toEqual(Array.from(labels, (label, i) => (round.folds[i] === 1 ? 1 - label : label)));
    for (const i of range(12)) {
      const row = rowOf(probabilities, i);
      expect(row[0]! + row[1]!).toBeCloseTo(1, 6);
      // eight rows right by 3: temperature 3 / ln 9, so a margin of 1 is a log odds of ln 9 / 3
      expect(Math.max(...row)).toBeCloseTo(1 / (1 + 9 ** (-1 / 3)), 3);
    }
  });

  it("answers as before whatever the held fold's labels and scores are", () => {
    const random = createRandom("held");
    for (const fold of range(3)) {
      const draw = (): HeldOutScores => ({ outer: noise(12, random), inner: range(3).map(() => noise(12, random)) });
      const scores = range(6).map(draw);
      const plain = nestedRound({ round, labels, groups, scores });
      const held = range(12).filter((i) => round.folds[i] === fold);
      const changed = labels.map((label, i) => (held.includes(i) ? 1 - label : label));
      for (const { inner } of scores) for (const i of held) rowOf(inner[fold]!, i).fill(NaN);
      const after = nestedRound({ round, labels: changed, groups, scores });
      expect(after.chosen[fold]).toBe(plain.chosen[fold]);
      for (const i of held) expect([...rowOf(after.probabilities, i)]).toEqual([...rowOf(plain.probabilities, i)]);
      // but the labels of other folds do matter
      const elsewhere = labels.map((label, i) => (held.includes(i) ? label : 1 - label));
      const other = nestedRound({ round, labels: elsewhere, groups, scores });
      expect([...rowOf(other.probabilities, held[0]!)]).not.toEqual([...rowOf(plain.probabilities, held[0]!)]);
    }
  });

  it("does not profit from choosing the luckiest of many that only guess", () => {
    const random = createRandom("luck");
    const n = 60;
    const folds = Int32Array.from(range(n), (i) => i % 5);
    const truths = Int32Array.from(range(n), () => random.integer(2));
    let [nested, luckiest] = [0, 0];
    const repeats = 20;
    for (let r = 0; r < repeats; r++) {
      const scores = range(30).map((): HeldOutScores => {
        const outer = noise(n, random);
        return { outer, inner: range(5).map(() => outer) };
      });
      const share = (predicted: Int32Array): number => predicted.filter((p, i) => p === truths[i]).length / n;
      nested += share(nestedRound({ round: { folds, count: 5 }, labels: truths, groups: folds, scores }).predicted);
      luckiest += Math.max(...scores.map(({ outer }) => share(predictedLabels(outer))));
    }
    // one standard error of the mean of 20 x 60 guesses is 0.014
    expect(Math.abs(nested / repeats - 0.5)).toBeLessThan(0.05);
    expect(luckiest / repeats).toBeGreaterThan(0.6);
  });

  it("neither asks rows outside the folds nor judges by them", () => {
    const folds = Int32Array.from([-1, -1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    const wild = matrixOf(range(12).map((i) => (i < 2 ? [NaN, NaN] : labels[i] === 0 ? [3, 0] : [0, 3])));
    const { predicted, probabilities } = nestedRound({
      round: { folds, count: 3 },
      labels,
      groups,
      scores: [{ outer: wild, inner: [wild, wild, wild] }],
    });
    expect([...predicted.subarray(0, 4)]).toEqual([-1, -1, 0, 1]);
    expect([...probabilities.data.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect(probabilities.data.every((p) => p >= 0 && p <= 1)).toBe(true);
  });

  it("fits the temperature on the other folds' own answers where no pairs were held out", () => {
    const random = createRandom("single");
    const outer = noise(12, random);
    const { probabilities, chosen } = nestedRound({ round, labels, groups, scores: [{ outer, inner: [] }] });
    expect(chosen).toEqual([0, 0, 0]);
    const others = matrix(8, 2, outer.data.subarray(8));
    const wanted = probabilitiesOf(outer, fitTemperature(others, labels.subarray(4)));
    expect([...rowOf(probabilities, 0)]).toEqual([...rowOf(wanted, 0)]);
  });
});
