import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { asked, support } from "../../../test/fixtures/two-points.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./tim.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

// images and queries at (±1, 0): their mean is 0, and every step leaves the classes' points where they are

describe("TIM", () => {
  it("scores by -τ/2 of the squared distance, here 0 and 4", async () => {
    const scores = await method.predict(await method.fit(support, method.defaults, algebra), asked, algebra);
    const wanted = [
      [0, -30],
      [-30, 0],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-3);
  });

  it("draws a query that is near neither class to the one that lacks queries", async () => {
    const three = matrixOf([
      [1, 0.1],
      [1, 0],
      [0.1, 1],
    ]);
    const scores = await method.predict(await method.fit(support, method.defaults, algebra), three, algebra);
    expect(scores.data[0]!).toBeGreaterThan(scores.data[1]!);
    expect(scores.data[4]!).toBeLessThan(scores.data[5]!); // (0.1, 1) is nearer to (1, 0)
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ lambda: 0 }, { alpha: -1 }, { temperature: 0 }, { steps: 0.5 }])
      await expect(method.fit(support, { ...method.defaults, ...wrong }, algebra)).rejects.toMatchObject({
        code: "E_OPTION",
      });
  });
});
