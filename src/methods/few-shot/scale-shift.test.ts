import { afterAll, describe, expect, it } from "vitest";
import { relativeDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method as logisticRegression } from "./logistic-regression.ts";
import { method } from "./scale-shift.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

// classes part in the first of four features alone
const rows = [
  [2, 1, 0, 1],
  [2, -1, 1, 0],
  [2, 0, -1, -1],
  [-2, 1, 1, -1],
  [-2, 0, -1, 1],
  [-2, -1, 0, 0],
];
const support = { features: matrixOf(rows), labels: Int32Array.of(0, 0, 0, 1, 1, 1), ways: 2 };
const asked = matrixOf([
  [1, 2, -1, 0],
  [-1, 1, 1, 1],
]);

/** How much larger the head's weight of the first feature is than of all others together. */
const contrast = async (hold: number): Promise<number> => {
  const { weights } = await method.fit(support, { lambda: 0.03, hold }, algebra);
  const [first, ...others] = [0, 2, 4, 6].map((at) => Math.abs(weights.data[at]!));
  return first! / others.reduce((a, b) => a + b);
};

describe("scale and shift", () => {
  it("is logistic regression where scales are held to 1 and shifts to 0", async () => {
    const held = await method.fit(support, { lambda: 0.1, hold: 1e6 }, algebra);
    const plain = await logisticRegression.fit(support, { lambda: 0.1, normalise: "cl2n" }, algebra);
    const [a, b] = [
      await method.predict(held, asked, algebra),
      await logisticRegression.predict(plain, asked, algebra),
    ];
    expect(relativeDifference(a, b)).toBeLessThan(0.02);
  });

  it("stretches the features that tell classes apart, the more the less it is held", async () => {
    const [loose, tight] = [await contrast(0.1), await contrast(1e4)];
    expect(loose).toBeGreaterThan(1.5 * tight);
  });

  it("refuses options out of range", async () => {
    for (const wrong of [{ lambda: 0 }, { hold: 0 }])
      await expect(method.fit(support, { ...method.defaults, ...wrong }, algebra)).rejects.toMatchObject({
        code: "E_OPTION",
      });
  });
});
