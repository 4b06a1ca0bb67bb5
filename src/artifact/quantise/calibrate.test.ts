import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { calibrate } from "./calibrate.ts";
import { countValues, emptyHistogram } from "./histogram.ts";

const histogramOf = (values: readonly number[]) => {
  const data = Float32Array.from(values);
  const histogram = emptyHistogram({
    low: data.reduce((a, b) => Math.min(a, b), 0),
    high: data.reduce((a, b) => Math.max(a, b), 0),
  });
  countValues(histogram, data);
  return histogram;
};

const random = createRandom("calibrate");
const uniform = Array.from({ length: 50_000 }, () => random.uniform());
const normal = Array.from({ length: 50_000 }, () => random.normal());

describe("ranges from what was seen", () => {
  it("min-max takes all of it", () => {
    expect(calibrate(histogramOf([-3, 1, 2]), "min-max")).toEqual({ low: -3, high: 2 });
    expect(calibrate(histogramOf([...uniform, 100]), "min-max")).toEqual({ low: 0, high: 100 });
  });

  it("percentile leaves one value in 10 000 out, the rarest ends first", () => {
    // 5 of 50 005 values may go: all five outliers, on whichever side they lie
    const { low, high } = calibrate(histogramOf([...uniform, 90, 95, 100, -80, -90]), "percentile");
    expect(low).toBeGreaterThan(-0.2);
    expect(high).toBeGreaterThan(0.9);
    expect(high).toBeLessThan(1.2);
    const many = calibrate(histogramOf([...uniform, ...new Array<number>(50).fill(100)]), "percentile");
    expect(many.high).toBe(100);
  });

  it("entropy keeps an even distribution whole and cuts the tails of a bell with outliers", () => {
    const even = calibrate(histogramOf(uniform), "entropy");
    expect(even.low).toBe(0);
    expect(even.high).toBeGreaterThan(0.97);
    const bell = calibrate(histogramOf([...normal, 20, -20]), "entropy");
    expect(bell.high).toBeGreaterThan(2.4);
    expect(bell.high).toBeLessThan(8);
    expect(bell.low).toBeCloseTo(-bell.high, 1);
  });

  it("entropy is not drawn to 0 by the many zeros behind a ReLU", () => {
    const rectified = [...uniform, ...new Array<number>(200_000).fill(0)];
    expect(calibrate(histogramOf(rectified), "entropy").high).toBeGreaterThan(0.97);
  });

  it.each(["min-max", "percentile", "entropy"] as const)(
    "%s bears values that are all 0, or all of one kind",
    (how) => {
      expect(calibrate(histogramOf([0, 0, 0]), how)).toEqual({ low: 0, high: 0 });
      const { low, high } = calibrate(histogramOf([2, 2, 2]), how);
      expect(low).toBe(0);
      expect(high).toBeCloseTo(2, 6);
    },
  );
});
