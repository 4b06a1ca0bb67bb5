import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./nearest-class-mean.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

// class means (3, 4), of length 5, and (0, 2)
const support = {
  features: matrixOf([
    [2, 6],
    [0, 2],
    [4, 2],
  ]),
  labels: Int32Array.of(0, 1, 0),
  ways: 2,
};
const queries = matrixOf([
  [8, 6],
  [0, -1],
]);

describe("nearest class mean", () => {
  it("gives the cosine to the mean of each class", async () => {
    const scores = await method.predict(await method.fit(support, { metric: "cosine" }, algebra), queries, algebra);
    // (8, 6)/10 · (3, 4)/5 = 48/50, (8, 6)/10 · (0, 1) = 0.6; (0, -1) · (3, 4)/5 = -0.8
    const wanted = [
      [0.96, 0.6],
      [-0.8, -1],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-6);
  });

  it("gives twice the product less the mean's square: the squared distance up to what classes share", async () => {
    const scores = await method.predict(await method.fit(support, { metric: "euclidean" }, algebra), queries, algebra);
    const wanted = [
      [2 * 48 - 25, 2 * 12 - 4],
      [2 * -4 - 25, 2 * -2 - 4],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-5);
    // |(8, 6) - (3, 4)|² = 29, |(8, 6) - (0, 2)|² = 80
    expect(scores.data[0]! - scores.data[1]!).toBeCloseTo(80 - 29, 4);
  });

  it("averages the images of a class before it scales them to length 1", async () => {
    const uneven = {
      features: matrixOf([
        [10, 0],
        [0, 1],
        [0, -1],
      ]),
      labels: Int32Array.of(0, 0, 1),
      ways: 2,
    };
    const state = await method.fit(uneven, { metric: "cosine" }, algebra);
    // the mean (5, 0.5) lies near the longer image
    expect(state.weights.data[0]! / state.weights.data[2]!).toBeCloseTo(10, 4);
  });

  it("suggests the metric that was meant", async () => {
    const typo = { metric: "cosin" as "cosine" };
    await expect(method.fit(support, typo, algebra)).rejects.toMatchObject({
      message: 'metric: wanted cosine or euclidean, got "cosin"',
      hint: "Did you mean cosine?",
    });
  });
});
