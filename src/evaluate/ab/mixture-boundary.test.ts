import { expect, it } from "vitest";
import { boundary, isReached, logEvidence } from "./mixture-boundary.ts";

/** All sequences of `n` outcomes, each 0 or 1. */
const sequences = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_, i) => (bits >> i) & 1));

it("has expectation of at most 1 under a true claim, over all sequences of outcomes", () => {
  for (const p of [0.05, 0.3, 0.5, 0.9]) {
    let expected = 0;
    for (const outcomes of sequences(12)) {
      const chance = outcomes.reduce((product, y) => product * (y ? p : 1 - p), 1);
      let [s, v, sum] = [0, 0, 0];
      outcomes.forEach((y, i) => {
        const mean = (sum + 0.5) / (i + 1); // any guess made before the outcome will do
        s += y - p;
        v += (y - mean) ** 2;
        sum += y;
      });
      expected += chance * Math.exp(logEvidence(s, v));
    }
    expect(expected).toBeLessThanOrEqual(1);
    expect(expected).toBeGreaterThan(0.5); // and is not idle
  }
});

it("starts at no evidence, grows with the sum and falls with the squares", () => {
  expect(logEvidence(0, 0)).toBeCloseTo(0, 12);
  expect(logEvidence(30, 50)).toBeGreaterThan(logEvidence(20, 50));
  expect(logEvidence(30, 50)).toBeGreaterThan(logEvidence(30, 100));
  expect(Number.isFinite(logEvidence(1e7, 1e6))).toBe(true);
  expect(Number.isFinite(logEvidence(-1e7, 1e6))).toBe(true);
});

it("puts the boundary where the evidence is 1 / alpha, near the law of its normal cousin", () => {
  for (const v of [0, 1, 100, 1e4, 1e6])
    for (const alpha of [0.001, 0.05]) {
      const at = boundary(v, alpha);
      expect(logEvidence(at, v)).toBeCloseTo(Math.log(1 / alpha), 6);
      if (v >= 1e3 && v <= 1e5) expect(at / Math.sqrt(v)).toBeLessThan(Math.sqrt(2 * (Math.log(1 / alpha) + 3)));
    }
});

it("says whether the boundary is reached, as the evidence does", () => {
  for (const v of [0, 0.3, 40, 3e4])
    for (const alpha of [0.001, 0.05]) {
      const at = boundary(v, alpha);
      for (const s of [-at, 0, at * 0.5, at * 0.999, at * 1.001, at * 3])
        expect(isReached(s, v, alpha)).toBe(s > 0 && logEvidence(s, v) >= Math.log(1 / alpha));
    }
});
