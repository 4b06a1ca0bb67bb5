import { expect, test } from "vitest";
import { matrix, matrixOf, rowOf } from "../../base/matrix.ts";
import { createRandom } from "../../base/random.ts";
import type { Learner, SemiSupervisedTask } from "../semi-supervised-method.ts";
import { flexibleThresholds } from "./flexmatch.ts";
import { averaged, selfAdaptiveThresholds, startingAverages } from "./freematch.ts";
import { method as selfTraining } from "./self-training.ts";
import { vote } from "./voting.ts";

test("FlexMatch: a class learned half as well has a third of the threshold", () => {
  // above 0.9: two rows of class 0, one of class 1; two rows are unsure. β = (2/2, 1/2), M = (1, 1/3)
  const probabilities = matrixOf([
    [0.95, 0.05],
    [0.92, 0.08],
    [0.01, 0.99],
    [0.6, 0.4],
    [0.5, 0.5],
  ]);
  const thresholds = flexibleThresholds(probabilities, 0.9);
  expect(thresholds[0]).toBeCloseTo(0.9, 12);
  expect(thresholds[1]).toBeCloseTo(0.3, 12);
});

test("FlexMatch: while most rows are unsure all thresholds are low", () => {
  // σ = (1, 0), unsure 3: β = (1/3, 0), M(1/3) = 1/5
  const thresholds = flexibleThresholds(
    matrixOf([
      [0.95, 0.05],
      [0.6, 0.4],
      [0.6, 0.4],
      [0.5, 0.5],
    ]),
    0.9,
  );
  expect(thresholds[0]).toBeCloseTo(0.18, 12);
  expect(thresholds[1]).toBe(0);
});

test("FreeMatch: averages and thresholds by hand", () => {
  // τ = 0.5 · 0.5 + 0.5 · 0.7, p̃ = 0.5 · 0.5 + 0.5 · (0.7, 0.3)
  const averages = averaged(
    startingAverages(2),
    matrixOf([
      [0.8, 0.2],
      [0.6, 0.4],
    ]),
    0.5,
  );
  expect(averages.confidence).toBeCloseTo(0.6, 6);
  const thresholds = selfAdaptiveThresholds(averages);
  expect(thresholds[0]).toBeCloseTo(0.6, 6);
  expect(thresholds[1]).toBeCloseTo(0.4, 6);
});

test("voting: the mean probability where all heads agree, nothing where one does not", () => {
  const ballots = [
    matrixOf([
      [0.9, 0.1],
      [0.8, 0.2],
    ]),
    matrixOf([
      [0.7, 0.3],
      [0.4, 0.6],
    ]),
  ];
  const strict = vote(ballots, 1);
  expect([...strict.labels]).toEqual([0, 0]);
  expect(strict.confidences[0]).toBeCloseTo(0.8, 6);
  expect(strict.confidences[1]).toBe(0);
  expect(vote(ballots, 0.5).confidences[1]).toBeCloseTo(0.6, 6);
});

/** Sure of rows up to as many as it has learned from, by their place: row i has the class i % 2. */
const stepwise: Learner = async (support) => async (queries) => {
  const out = matrix(queries.rows, 2);
  for (let i = 0; i < queries.rows; i++) {
    const sure = i < support.labels.length ? 0.99 - 0.01 * i : 0.6;
    rowOf(out, i).set(i % 2 === 0 ? [sure, 1 - sure] : [1 - sure, sure]);
  }
  return out;
};

const task = (pool: number): SemiSupervisedTask => ({
  support: { features: matrix(2, 1), labels: Int32Array.of(0, 1), ways: 2 },
  pool: matrix(pool, 1),
  learners: [stepwise],
  random: createRandom(1),
  algebra: { multiply: () => Promise.reject(new Error("not asked")) },
});

test("self-training goes on until nothing is added, and tells the round of every label", async () => {
  const options = { ...selfTraining.defaults, threshold: 0.9, quota: 10, rounds: 20 };
  const given = await selfTraining.label(task(6), options);
  // learned from 2: rows 0 and 1 are sure; from 4: rows 2 and 3; then 4 and 5
  expect([...given.rows]).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...given.rounds]).toEqual([1, 1, 2, 2, 3, 3]);
  expect([...given.labels]).toEqual([0, 1, 0, 1, 0, 1]);
  expect(given.confidences[3]).toBeCloseTo(0.96, 5);
});

test("self-training keeps to its quota, its rounds and its threshold", async () => {
  const { defaults } = selfTraining;
  const one = await selfTraining.label(task(9), { ...defaults, quota: 1, rounds: 1 });
  expect([...one.rows]).toEqual([0, 1]);
  expect((await selfTraining.label(task(9), { ...defaults, threshold: 0.995 })).rows).toHaveLength(0);
  const any = await selfTraining.label(task(4), { ...defaults, selection: "random", quota: 1 });
  expect([...any.rows]).toEqual([0, 1, 2, 3]);
});

test.each([
  [{ threshold: 0 }, /threshold: wanted a number above 0/],
  [{ quota: 0.5 }, /quota: wanted a whole number/],
  [{ rounds: 0 }, /rounds/],
  [{ selection: "best" }, /selection: wanted confidence or random, got "best"/],
])("self-training refuses %o", (wrong, message) => {
  expect(() =>
    selfTraining.label(task(1), { ...selfTraining.defaults, ...wrong } as typeof selfTraining.defaults),
  ).toThrow(message);
});
