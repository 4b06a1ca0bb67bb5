import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./pt-map.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const support = {
  features: matrixOf([
    [2, 0],
    [0, 3],
  ]),
  labels: Int32Array.of(0, 1),
  ways: 2,
};

describe("PT-MAP", () => {
  it("gives the logarithm of each query's share", async () => {
    const state = await method.fit(support, method.defaults, algebra);
    const scores = await method.predict(
      state,
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      algebra,
    );
    // centred, images and queries lie at ±(1, -1) / √2: squared distances 0 and 4, exp(-40) to 1
    const wanted = [
      [0, -40],
      [-40, 0],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-3);
  });

  it("takes classes for equally frequent, even where three of four queries are of one", async () => {
    const state = await method.fit(support, { ...method.defaults, steps: 0 }, algebra);
    const asked = matrixOf([
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const scores = await method.predict(state, asked, algebra);
    // two queries a class: each of the three gives a third of itself away
    expect(Math.exp(scores.data[0]!)).toBeCloseTo(2 / 3, 4);
    expect(Math.exp(scores.data[1]!)).toBeCloseTo(1 / 3, 4);
    expect(Math.exp(scores.data[7]!)).toBeCloseTo(1, 4);
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ power: 0 }, { lambda: 0 }, { rate: 1.1 }, { steps: -1 }])
      await expect(method.fit(support, { ...method.defaults, ...wrong }, algebra)).rejects.toMatchObject({
        code: "E_OPTION",
      });
  });
});
