import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./laplacian-shot.ts";

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
const asked = matrixOf([
  [1, 0],
  [3, 4],
]);
const options = { neighbours: 1, lambda: 1, steps: 1, prototypes: "mean" } as const;

describe("LaplacianShot", () => {
  it("adds the shares of the nearest query to the nearness to prototypes", async () => {
    const scores = await method.predict(await method.fit(support, options, algebra), asked, algebra);
    // squared distances 0, 2 and 0.8, 0.4; shares are their softmax
    const [first, second] = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(0.4))];
    const wanted = [
      [second, -2 + 1 - second],
      [-0.8 + first, -0.4 + 1 - first],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-6);
  });

  it("answers a lone query by its nearness alone", async () => {
    const alone = await method.predict(await method.fit(support, options, algebra), matrixOf([[3, 4]]), algebra);
    expect(largestDifference(alone, [[-0.8, -0.4]])).toBeLessThan(1e-6);
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ neighbours: 0 }, { lambda: -1 }, { steps: 0.5 }, { prototypes: "median" as "mean" }])
      await expect(method.fit(support, { ...options, ...wrong }, algebra)).rejects.toMatchObject({ code: "E_OPTION" });
  });
});
