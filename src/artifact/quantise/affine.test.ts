import { describe, expect, it } from "vitest";
import { affineOf, dequantise, quantise, roundEven } from "./affine.ts";

describe("values as unsigned bytes", () => {
  it("takes a range from 0 up at zero point 0", () => {
    const affine = affineOf({ low: 0, high: 5.1 });
    expect(affine).toEqual({ scale: Math.fround(0.02), zero: 0 });
    expect([0, 0.019, 2.56, 5.1, 9, -1].map((x) => quantise(x, affine))).toEqual([0, 1, 128, 255, 255, 0]);
    expect(dequantise(100, affine)).toBeCloseTo(2, 6);
  });

  it("rounds the zero point and widens the scale until both ends fit", () => {
    // -1 / 2 of 255 is 127.5, so 128: 127 levels are left for the upper half
    const affine = affineOf({ low: -1, high: 1 });
    expect(affine).toEqual({ scale: Math.fround(1 / 127), zero: 128 });
    expect([-1, 0, 1].map((x) => quantise(x, affine))).toEqual([1, 128, 255]);
    for (const range of [
      { low: -3.7, high: 0.01 },
      { low: -0.001, high: 8 },
      { low: -40, high: 30 },
    ]) {
      const own = affineOf(range);
      const step = own.scale;
      for (const x of [range.low, 0, range.high])
        expect(Math.abs(dequantise(quantise(x, own), own) - x)).toBeLessThanOrEqual(step / 2 + 1e-6);
      expect(dequantise(own.zero, own)).toBe(0);
    }
  });

  it("puts no pixel of a usual normalisation between two bytes", () => {
    const affine = affineOf({ low: -1, high: 1 });
    for (let p = 0; p < 256; p++) {
      const exact = (p / 127.5 - 1) / affine.scale;
      expect(Math.abs(exact - Math.floor(exact) - 0.5)).toBeGreaterThan(1e-3);
    }
  });

  it("gives values that are always 0, and those below or above it, a scale", () => {
    expect(affineOf({ low: 0, high: 0 }).scale).toBeGreaterThan(0);
    expect(affineOf({ low: -2, high: -1 })).toEqual({ scale: Math.fround(2 / 255), zero: 255 });
    expect(affineOf({ low: 1, high: 2 })).toEqual({ scale: Math.fround(2 / 255), zero: 0 });
  });

  it("rounds halves to even", () =>
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4].map((x) => roundEven(x) + 0)).toEqual([0, 2, 2, 0, -2, 2]));
});
