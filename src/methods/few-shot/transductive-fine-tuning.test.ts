import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { asked, support } from "../../../test/fixtures/two-points.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./transductive-fine-tuning.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

// images and queries at (±1, 0): their mean is 0, and every step leaves the classes' points where they are

describe("transductive fine-tuning", () => {
  it("scores by -τ/2 of the squared distance, here 0 and 4", async () => {
    const scores = await method.predict(await method.fit(support, method.defaults, algebra), asked, algebra);
    const wanted = [
      [0, -30],
      [-30, 0],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-3);
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ temperature: 0 }, { steps: 0.5 }])
      await expect(method.fit(support, { ...method.defaults, ...wrong }, algebra)).rejects.toMatchObject({
        code: "E_OPTION",
      });
  });
});
