import { expect, it } from "vitest";
import { BINS, countValues, emptyHistogram } from "./histogram.ts";

it("counts values in equal bins; those outside fall into the last ones", () => {
  const histogram = emptyHistogram({ low: -1, high: 1 });
  countValues(histogram, Float32Array.of(-5, -1, -0.9999, 0, 0, 1, 7));
  const { counts } = histogram;
  expect([counts[0], counts[BINS / 2], counts[BINS - 1]]).toEqual([3, 2, 2]);
  expect(counts.reduce((a, b) => a + b)).toBe(7);
});

it("counts values of no spread", () => {
  const histogram = emptyHistogram({ low: 0, high: 0 });
  countValues(histogram, Float32Array.of(0, 0));
  expect(histogram.counts[0]).toBe(2);
});
