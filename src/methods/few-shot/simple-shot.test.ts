import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./simple-shot.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

describe("SimpleShot", () => {
  // mean (10, 20); about it (3, 4), (0, 5), (-3, -9)
  const support = {
    features: matrixOf([
      [13, 24],
      [10, 25],
      [7, 11],
    ]),
    labels: Int32Array.of(0, 0, 1),
    ways: 2,
  };

  it("takes the support's mean away, scales to length 1, and only then averages each class", async () => {
    const state = await method.fit(support, {}, algebra);
    expect([...state.centre]).toEqual([10, 20]);
    // z: (0.6, 0.8), (0, 1), (-3, -9) / sqrt(90); p_0 = (0.3, 0.9); p_1 = (-1, -3) / sqrt(10)
    const r = Math.sqrt(10);
    const points = [
      [0.6, -2 / r],
      [1.8, -6 / r],
    ];
    expect(largestDifference(state.weights, points)).toBeLessThan(1e-6);
    expect(state.bias[0]).toBeCloseTo(-0.9, 6); // 0.09 + 0.81
    expect(state.bias[1]).toBeCloseTo(-1, 6);
  });

  it("scores by 2 z·p - |p|²", async () => {
    const queries = matrixOf([
      [14, 17], // z = (4, -3) / 5
      [10, 20], // the mean itself: z = 0
    ]);
    const scores = await method.predict(await method.fit(support, {}, algebra), queries, algebra);
    const wanted = [
      [0.6 * 0.8 + 1.8 * -0.6 - 0.9, (-2 * 0.8 + 6 * 0.6) / Math.sqrt(10) - 1],
      [-0.9, -1],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-6);
  });
});
