import { expect, test } from "vitest";
import { expectedGain } from "./expected-gain.ts";

const metrics = (twice: number) => ({
  evidence: {
    images: 20,
    accuracy: { value: 0.8, interval: null },
    learningCurve: { forecast: [{ factor: 2, accuracy: { value: twice, interval: { low: 0.78, high: 0.95 } } }] },
    classes: [],
  },
  images: [],
});

test("as many photos more as there are bring what the curve says of twice as many; fewer, by their logarithm", () => {
  const { value, low, high, enough } = expectedGain(metrics(0.9), 20)!;
  expect([value, low, high].map((v) => Number(v.toFixed(6)))).toEqual([0.1, -0.02, 0.15]);
  expect(enough).toBe(false);
  expect(expectedGain(metrics(0.9), 5)!.value).toBeCloseTo(0.1 * Math.log2(1.25), 10);
});

test("less than a point by twice the photos is enough, and without a curve nothing is known", () => {
  expect(expectedGain(metrics(0.805), 20)!.enough).toBe(true);
  expect(expectedGain(null, 20)).toBeNull();
});
