import { describe, expect, it } from "vitest";
import { clopperPearson, crossValidated, effectiveImages, meanInterval, wilson } from "./intervals.ts";

// Newcombe 1998, Two-sided confidence intervals for the single proportion, table I: methods 3 and 5.
// https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E
const newcombe = [
  { successes: 81, n: 263, wilson: [0.2553, 0.3662], exact: [0.2527, 0.3676] },
  { successes: 15, n: 148, wilson: [0.0624, 0.1605], exact: [0.0578, 0.1617] },
  { successes: 0, n: 20, wilson: [0, 0.1611], exact: [0, 0.1684] },
  { successes: 1, n: 29, wilson: [0.0061, 0.1718], exact: [0.0009, 0.1776] },
] as const;

/** Chance of k successes in n trials. */
const binomial = (k: number, n: number, p: number): number => {
  let choose = 1;
  for (let i = 1; i <= k; i++) choose *= (n - k + i) / i;
  return choose * p ** k * (1 - p) ** (n - k);
};

describe("wilson", () => {
  it.each(newcombe)("is Newcombe's for $successes of $n", ({ successes, n, wilson: [low, high] }) => {
    const interval = wilson(successes, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it("is scipy's for 8 of 10, and mirrors itself", () => {
    const { low, high } = wilson(8, 10);
    expect(low).toBeCloseTo(0.4901624715366418, 12);
    expect(high).toBeCloseTo(0.9433178485456248, 12);
    expect(wilson(2, 10).low).toBeCloseTo(1 - high, 12);
    expect(wilson(2, 10).high).toBeCloseTo(1 - low, 12);
  });

  it("reaches 0 and 1 at the ends exactly", () => {
    for (const n of [1, 3, 7, 1000]) {
      expect(wilson(0, n).low).toBe(0);
      expect(wilson(n, n).high).toBe(1);
      expect(wilson(n, n).low).toBeCloseTo(n / (n + 1.959963984540054 ** 2), 12);
    }
  });
});

describe("clopperPearson", () => {
  it.each(newcombe)("is Newcombe's for $successes of $n", ({ successes, n, exact: [low, high] }) => {
    const interval = clopperPearson(successes, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it("is scipy's for 8 of 10 and for a fraction", () => {
    expect(clopperPearson(8, 10).low).toBeCloseTo(0.4439045376923585, 12);
    expect(clopperPearson(8, 10).high).toBeCloseTo(0.9747892736731666, 12);
    expect(clopperPearson(6.4, 8).low).toBeCloseTo(0.3960987245503285, 12);
    expect(clopperPearson(6.4, 8).high).toBeCloseTo(0.983104214668033, 12);
  });

  it("has the closed form at the ends", () => {
    for (const n of [1, 4, 10, 250]) {
      expect(clopperPearson(0, n)).toEqual({ low: 0, high: expect.closeTo(1 - 0.025 ** (1 / n), 12) });
      expect(clopperPearson(n, n)).toEqual({ low: expect.closeTo(0.025 ** (1 / n), 12), high: 1 });
    }
    // all right up to rounding is all right
    expect(clopperPearson(10 * (0.1 + 0.2 + 0.7), 10).high).toBe(1);
  });

  it("covers every proportion at least 95 times in 100", () => {
    const n = 12;
    const intervals = Array.from({ length: n + 1 }, (_, k) => clopperPearson(k, n));
    for (let p = 0.005; p < 1; p += 0.01) {
      let covered = 0;
      intervals.forEach(({ low, high }, k) => (covered += low <= p && p <= high ? binomial(k, n, p) : 0));
      expect(covered).toBeGreaterThanOrEqual(0.95);
    }
  });
});

describe("meanInterval", () => {
  it("is Student's", () => {
    // s = sqrt(2.5), t = 2.7764451051977934 with 4 degrees of freedom
    const half = (2.7764451051977934 * Math.sqrt(2.5)) / Math.sqrt(5);
    const { low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(low).toBeCloseTo(3 - half, 10);
    expect(high).toBeCloseTo(3 + half, 10);
  });

  it("knows nothing from one value", () => {
    expect(meanInterval([7])).toEqual({ low: -Infinity, high: Infinity });
  });
});

describe("effectiveImages", () => {
  it("counts single images one by one and copies as one", () => {
    expect(effectiveImages([4, 1, 9, 2])).toBe(4);
    expect(effectiveImages([5, 5, 5, 5])).toBe(1);
    expect(effectiveImages([1, 1, 2, 2, 3, 3])).toBe(3);
  });

  it("is Kish's (Σ size)² / Σ size² for uneven groups", () => {
    expect(effectiveImages([7, 7, 7, 8, 9])).toBeCloseTo(25 / 11, 14);
  });
});

describe("crossValidated", () => {
  it("is exact for 0.8 trials an image", () => {
    const { value, interval } = crossValidated(0.8, 12.5);
    expect(value).toBe(0.8);
    expect(interval!.low).toBeCloseTo(0.4439045376923585, 12);
    expect(interval!.high).toBeCloseTo(0.9747892736731666, 12);
  });

  it("holds its value and narrows with images", () => {
    let widest = Infinity;
    for (const images of [1, 2, 5, 20, 100, 1000]) {
      const { value, interval } = crossValidated(0.7, images);
      const { low, high } = interval!;
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
      expect(high - low).toBeLessThan(widest);
      widest = high - low;
    }
  });
});
