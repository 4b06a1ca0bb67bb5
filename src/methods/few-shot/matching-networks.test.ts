import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./matching-networks.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

// two classes of unit axes; the second has two images
const support = {
  features: matrixOf([
    [2, 0],
    [0, 1],
    [0, 3],
  ]),
  labels: Int32Array.of(0, 1, 1),
  ways: 2,
};

describe("matching networks", () => {
  it("adds up attention, relative to the nearest image's, class by class", async () => {
    const state = await method.fit(support, { scale: 1 }, algebra);
    // cosines 1, 0, 0; then 0.6, 0.8, 0.8
    const scores = await method.predict(
      state,
      matrixOf([
        [5, 0],
        [3, 4],
      ]),
      algebra,
    );
    const wanted = [
      [0, Math.log(2) - 1],
      [-0.2, Math.log(2)],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-6);
  });

  it("counts votes by the weights of classes", async () => {
    const state = await method.fit({ ...support, classWeights: Float64Array.of(2, 1) }, { scale: 1 }, algebra);
    const scores = await method.predict(state, matrixOf([[5, 0]]), algebra);
    expect(largestDifference(scores, [[Math.log(2), Math.log(2) - 1]])).toBeLessThan(1e-6);
  });

  it("refuses a factor that is not above 0", async () => {
    await expect(method.fit(support, { scale: 0 }, algebra)).rejects.toMatchObject({ code: "E_OPTION" });
  });
});
