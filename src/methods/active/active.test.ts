import { afterAll, describe, expect, it, test } from "vitest";
import { matrix, matrixOf, rowOf, takeRows, type Matrix } from "../../base/matrix.ts";
import { createRandom } from "../../base/random.ts";
import type { ActiveTask } from "../active-strategy.ts";
import { openAlgebra } from "../algebra.ts";
import { transformed } from "../few-shot/_shared.ts";
import { activeStrategies } from "./index.ts";
import { disagreement } from "./bald.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const pickBy = (name: string, task: Partial<ActiveTask>): Promise<Int32Array> =>
  activeStrategies
    .find((one) => one.name === name)!
    .pick({
      answers: [],
      features: matrix(0, 2),
      nearness: new Float64Array(task.features?.rows ?? 0).fill(-1),
      labelled: 0,
      count: 3,
      random: createRandom(1),
      algebra,
      ...task,
    });

/** Ranked by hand: row 0 is torn between two, row 1 knows nothing, row 2 is sure. */
const answers = matrixOf([
  [0.49, 0.48, 0.03],
  [0.4, 0.3, 0.3],
  [0.98, 0.01, 0.01],
]);

test.each([
  ["margin", [0, 1, 2]],
  ["entropy", [1, 0, 2]],
  ["least-confidence", [1, 0, 2]],
])("%s ranks by hand", async (name, order) => {
  expect([...(await pickBy(name, { answers: [answers], features: matrix(3, 2) }))]).toEqual(order);
});

test("BALD: sure heads that disagree, log 2; doubtful heads that agree, nothing", () => {
  const [one, two] = [
    matrixOf([
      [1, 0],
      [0.5, 0.5],
    ]),
    matrixOf([
      [0, 1],
      [0.5, 0.5],
    ]),
  ];
  const found = disagreement([one, two]);
  expect(found[0]).toBeCloseTo(Math.log(2), 6);
  expect(found[1]).toBeCloseTo(0, 6);
});

/** Points on a circle, by degrees. */
const circle = (degrees: readonly number[]): Matrix =>
  matrixOf(degrees.map((d) => [Math.cos((d * Math.PI) / 180), Math.sin((d * Math.PI) / 180)]));

test("core-set goes to the farthest each time", async () => {
  const degrees = [0, 10, 90, 175, 180];
  const nearness = Float64Array.from(degrees, (d) => Math.cos((d * Math.PI) / 180)); // labelled: one at 0 degrees
  const picked = await pickBy("core-set", { features: circle(degrees), nearness, labelled: 1, count: 3 });
  expect([...picked]).toEqual([4, 2, 1]);
});

test("TypiClust takes the most typical of each cluster, largest first, those near labelled ones last", async () => {
  const degrees = [0, 2, 4, 6, 8, 90, 92, 94, 180, 183];
  const features = circle(degrees);
  const cold = await pickBy("typiclust", { features, count: 3 });
  expect([...cold].slice(0, 2)).toEqual([2, 6]);
  expect([8, 9]).toContain(cold[2]);
  const nearness = Float64Array.from(degrees, (d) => Math.cos(((d - 4) * Math.PI) / 180)); // labelled: one at 4 degrees
  const next = await pickBy("typiclust", { features, nearness, labelled: 1, count: 2 });
  expect([...next].every((row) => row >= 5)).toBe(true);
});

test("uncertainty × diversity does not ask the same twice", async () => {
  const features = circle([0, 1, 2, 90, 91, 180]);
  const doubtful = matrixOf(Array.from({ length: 6 }, () => [0.5, 0.5]));
  const picked = [...(await pickBy("uncertainty-diversity", { answers: [doubtful], features, count: 3 }))];
  expect(picked.map((row) => [0, 0, 0, 1, 1, 2][row]).sort()).toEqual([0, 1, 2]);
});

describe.each(activeStrategies.map(({ name }) => name))("%s", (name) => {
  const random = createRandom("active");
  const features = transformed(
    matrix(
      30,
      5,
      Float32Array.from({ length: 150 }, () => random.normal()),
    ),
    new Float32Array(0),
    true,
  );
  const probabilities = (seed: string): Matrix => {
    const own = createRandom(seed);
    const out = matrix(30, 3);
    for (let i = 0; i < 30; i++) {
      const row = Array.from({ length: 3 }, () => own.uniform());
      rowOf(out, i).set(row.map((v) => v / (row[0]! + row[1]! + row[2]!)));
    }
    return out;
  };
  const task = {
    answers: [probabilities("a"), probabilities("b")],
    features,
    nearness: new Float64Array(30).fill(0.1),
    labelled: 6,
  };

  it("picks as many as asked, none twice, the same twice, and leaves its input", async () => {
    const before = features.data.slice();
    const picked = await pickBy(name, { ...task, count: 7 });
    expect(new Set(picked).size).toBe(7);
    expect([...picked].every((row) => row >= 0 && row < 30)).toBe(true);
    expect(await pickBy(name, { ...task, count: 7 })).toEqual(picked);
    expect(features.data).toEqual(before);
    expect(new Set(await pickBy(name, { ...task, count: 30 })).size).toBe(30);
  });

  it("does with rows that are all the same", async () => {
    const same = takeRows(features, new Array<number>(30).fill(0));
    expect(new Set(await pickBy(name, { ...task, features: same, count: 4 })).size).toBe(4);
  });
});
