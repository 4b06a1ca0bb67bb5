import { describe, expect, it } from "vitest";
import { rangeOf, toLevels, trimmedRange } from "./intensity.ts";

describe("intensities", () => {
  it("become grey levels between black and white", () => {
    expect([...toLevels([-100, 0, 50, 100, 900, NaN], { low: 0, high: 100 })]).toEqual([0, 0, 128, 255, 255, 0]);
  });

  it("bend at both ends under a sigmoid: 255 / (1 + exp(-4 (x - c) / w))", () => {
    const wanted = [0, 50, 100].map((x) => Math.round(255 / (1 + Math.exp((-4 * (x - 50)) / 100))));
    expect([...toLevels([0, 50, 100], { low: 0, high: 100 }, "sigmoid")]).toEqual(wanted);
  });

  it("of one value only are black", () => expect([...toLevels([7, 7], { low: 7, high: 7 })]).toEqual([0, 0]));

  it("have a range, of those that count", () => {
    expect(rangeOf([3, NaN, -2, Infinity])).toEqual({ low: -2, high: 3 });
    expect(rangeOf([3, -2000, 5], (value) => value !== -2000)).toEqual({ low: 3, high: 5 });
    expect(rangeOf([NaN])).toEqual({ low: 0, high: 0 });
  });

  it("have a range without the wildest", () => {
    const values = Array.from({ length: 1000 }, (_, i) => i);
    values[0] = -1e4;
    values[999] = 1e4;
    expect(trimmedRange(values, 0.01)).toEqual({ low: 10, high: 989 });
    expect(trimmedRange([NaN], 0.01)).toEqual({ low: 0, high: 0 });
  });
});
