import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./bd-cspn.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

describe("BD-CSPN", () => {
  it("moves queries to the support's mean and prototypes towards the queries near them", async () => {
    const features = matrixOf([
      [1, 0],
      [0, 1],
    ]);
    const state = await method.fit({ features, labels: Int32Array.of(0, 1), ways: 2 }, {}, algebra);
    const asked = matrixOf([
      [3, 4],
      [4, 3],
    ]);
    const scores = await method.predict(state, asked, algebra);
    // (0.6, 0.8) and (0.8, 0.6) have the mean 0.7, the support 0.5: moved to (0.4, 0.6) and (0.6, 0.4), of length √0.52
    const [near, far] = [0.6 / Math.sqrt(0.52), 0.4 / Math.sqrt(0.52)];
    const own = 1 / (1 + Math.exp(-10)); // the weight of (0, 1) in its class
    const query = 1 / (1 + Math.exp(10 * (far - near)));
    const point = [(query * 0.4) / (own + query), (own + query * 0.6) / (own + query)] as const;
    const length = Math.hypot(...point);
    const high = (0.4 * point[0] + 0.6 * point[1]) / length / Math.sqrt(0.52);
    const low = (0.6 * point[0] + 0.4 * point[1]) / length / Math.sqrt(0.52);
    const wanted = [
      [low, high],
      [high, low],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-6);
  });
});
