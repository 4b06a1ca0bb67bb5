import { expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { emptyMean, meanInterval, observeMean, predictedMean } from "./mean-sequence.ts";

it("counts, worked by hand", () => {
  const state = [1, 0, 0.5].reduce(observeMean, emptyMean);
  // means predicted before each: 0.5, 1.5 / 2, 1.5 / 3
  expect(state).toEqual({ count: 3, sum: 1.5, variation: 0.5 ** 2 + 0.75 ** 2 });
  expect(predictedMean(state)).toBe(0.5);
  expect(meanInterval(emptyMean, 0.05)).toEqual({ low: 0, high: 1 });
});

it("holds the truth at all looks, and narrows", () => {
  let missed = 0;
  for (let stream = 0; stream < 150; stream++) {
    const random = createRandom(`mean/${stream}`);
    const p = [0.02, 0.5, 0.9][stream % 3]!;
    let state = emptyMean;
    let isMissed = false;
    for (let i = 1; i <= 400; i++) {
      state = observeMean(state, random.uniform() < p ? 1 : 0);
      if (i % 5 > 0) continue;
      const { low, high } = meanInterval(state, 0.05);
      isMissed ||= p < low || p > high;
    }
    if (isMissed) missed++;
    const { low, high } = meanInterval(state, 0.05);
    expect(high - low).toBeLessThan(0.24);
  }
  expect(missed / 150).toBeLessThanOrEqual(0.05);
});
