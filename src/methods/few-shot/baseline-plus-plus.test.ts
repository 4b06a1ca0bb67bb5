import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./baseline-plus-plus.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const support = {
  features: matrixOf([
    [3, 0],
    [0, 1],
  ]),
  labels: Int32Array.of(0, 1),
  ways: 2,
};

describe("Baseline++", () => {
  it("turns the weights of two classes where they part them best", async () => {
    const state = await method.fit(support, { scale: 2, steps: 200 }, algebra);
    const scores = await method.predict(state, matrixOf([[7, 0]]), algebra);
    // by symmetry w_0 is turned by t from (1, 0) away from (0, 1), and the margin 2 (cos t + sin t) is largest at 45°
    expect(largestDifference(scores, [[Math.SQRT2, -Math.SQRT2]])).toBeLessThan(1e-3);
  });

  it("begins at the class means", async () => {
    const state = await method.fit(support, { scale: 2, steps: 0 }, algebra);
    const scores = await method.predict(state, matrixOf([[3, 4]]), algebra);
    expect(largestDifference(scores, [[2 * 0.6, 2 * 0.8]])).toBeLessThan(1e-5);
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ scale: 0 }, { steps: 1.5 }])
      await expect(method.fit(support, { ...method.defaults, ...wrong }, algebra)).rejects.toMatchObject({
        code: "E_OPTION",
      });
  });
});
