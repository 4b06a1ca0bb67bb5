import { expect, test } from "vitest";
import { matrix, rowOf } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { method as nearestClassMean } from "../methods/few-shot/nearest-class-mean.ts";
import { method as ridge } from "../methods/few-shot/ridge.ts";
import { simulateLabelling, type SimulateOptions } from "./simulate-labelling.ts";

/** Two large classes and a small one, each about a point of its own. */
const labels = Int32Array.from({ length: 150 }, (_, i) => (i % 15 === 0 ? 2 : i % 2));
const random = createRandom("labelling");
const features = matrix(labels.length, 8);
labels.forEach((label, i) => {
  const row = rowOf(features, i);
  for (let j = 0; j < row.length; j++) row[j] = 0.5 * random.normal() + (j === label ? 3 : 0);
});

const options: SimulateOptions = {
  features,
  labels,
  groups: Int32Array.from(labels.keys()),
  ways: 3,
  strategies: ["random", "auto", "typiclust", "margin", "bald"],
  heads: [
    { method: ridge, options: ridge.defaults },
    { method: nearestClassMean, options: nearestClassMean.defaults },
  ],
  batch: 3,
  most: 12,
  repeats: 3,
  random: createRandom(1),
  threads: 1,
};

test("replays every strategy from nothing on, the same twice", async () => {
  const replays = await simulateLabelling(options);
  expect(replays.map(({ strategy }) => strategy)).toEqual(options.strategies);
  for (const { points, strategy, saved } of replays) {
    expect(points.map((point) => point.labels)).toEqual([3, 6, 9, 12]);
    for (const { accuracy } of points) {
      expect(accuracy.value).toBeGreaterThan(0);
      expect(accuracy.interval!.low).toBeLessThanOrEqual(accuracy.value);
    }
    expect(saved === null).toBe(strategy === "random");
    if (saved) expect(saved.value).toBeLessThan(1);
  }
  expect(await simulateLabelling(options)).toEqual(replays);
});

test("a cold start by typical images meets the rare class sooner than by lot", async () => {
  const [byLot, typical] = await simulateLabelling({
    ...options,
    strategies: ["random", "typiclust"],
    repeats: 8,
    most: 6,
  });
  expect(typical!.points[0]!.accuracy.value).toBeGreaterThan(byLot!.points[0]!.accuracy.value);
});
