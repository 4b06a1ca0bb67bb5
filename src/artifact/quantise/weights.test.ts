import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { floats } from "../../graph/dtype.ts";
import { quantiseWeights } from "./weights.ts";

describe("weights as signed bytes", () => {
  it("gives each output channel the scale of its largest weight", () => {
    const weights = floats([2, 1, 1, 3], [1.27, -0.6, 0.014, 0, -25.4, 12.7]);
    const { values, scales } = quantiseWeights(weights, false);
    expect([...scales]).toEqual([Math.fround(0.01), Math.fround(0.2)]);
    expect([...values]).toEqual([127, -60, 1, 0, -127, 63]); // 63.5 less a float32 rounding
  });

  it("keeps any two weights of one sign within 128, so that sums in 16 bits do not overflow", () => {
    // the two largest, 1 and 0.9, share 127 steps
    const { values, scales } = quantiseWeights(floats([1, 4, 1, 1], [1, 0.9, -1, 0.1]), true);
    expect(scales[0]).toBeCloseTo(1.9 / 127, 7);
    expect([...values]).toEqual([67, 60, -67, 7]);
    const random = createRandom("pairs");
    const many = quantiseWeights(
      floats(
        [40, 30, 1, 1],
        Array.from({ length: 1200 }, () => random.normal() ** 3),
      ),
      true,
    );
    for (let o = 0; o < 40; o++) {
      const row = [...many.values.subarray(30 * o, 30 * o + 30)].sort((a, b) => a - b);
      expect(row.at(-1)! + row.at(-2)!).toBeLessThanOrEqual(128);
      expect(row[0]! + row[1]!).toBeGreaterThanOrEqual(-128);
    }
  });

  it("uses all 8 bits where one weight stands out, and for a channel of zeros none", () => {
    const { values, scales } = quantiseWeights(floats([2, 3, 1, 1], [1, 0.001, -0.001, 0, 0, 0]), true);
    expect(values[0]).toBe(127);
    expect(scales[1]).toBe(1);
    expect([...values.subarray(3)]).toEqual([0, 0, 0]);
  });
});
