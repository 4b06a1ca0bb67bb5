import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./tip-adapter.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const support = {
  features: matrixOf([
    [2, 0],
    [0, 1],
    [4, 3],
  ]),
  labels: Int32Array.of(0, 1, 1),
  ways: 2,
};

describe("Tip-Adapter", () => {
  it("adds the cache's mean affinity to the cosine to the prototype", async () => {
    const state = await method.fit(support, { alpha: 2, beta: 5 }, algebra);
    const scores = await method.predict(state, matrixOf([[3, 4]]), algebra);
    // cosines to the images 0.6, 0.8, 0.96; the second prototype lies along (4, 4)
    const second = 7 / 5 / Math.SQRT2 + (2 * (Math.exp(-5 * 0.2) + Math.exp(-5 * 0.04))) / 2;
    expect(largestDifference(scores, [[0.6 + 2 * Math.exp(-5 * 0.4), second]])).toBeLessThan(1e-6);
  });

  it("is the nearest class mean by cosine without its cache", async () => {
    const state = await method.fit(support, { alpha: 0, beta: 5 }, algebra);
    const scores = await method.predict(state, matrixOf([[3, 4]]), algebra);
    expect(largestDifference(scores, [[0.6, 7 / 5 / Math.SQRT2]])).toBeLessThan(1e-6);
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ alpha: -1 }, { beta: 0 }])
      await expect(method.fit(support, { ...method.defaults, ...wrong }, algebra)).rejects.toMatchObject({
        code: "E_OPTION",
      });
  });
});
