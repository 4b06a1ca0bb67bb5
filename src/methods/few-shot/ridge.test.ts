import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { sevenRows, twoQueries } from "../../../test/fixtures/seven-rows.ts";
import { matrixOf, type Matrix } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import type { Support } from "../method.ts";
import { subsetOf } from "./_shared.ts";
import { method, type RidgeOptions } from "./ridge.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const scoresOf = async (support: Support, options: RidgeOptions, queries: Matrix): Promise<Matrix> =>
  method.predict(await method.fit(support, options, algebra), queries, algebra);

describe("ridge", () => {
  // about the mean (10, -5): (±2, 0), (0, ±1); the first of each pair is of class 0
  const cross = {
    features: matrixOf([
      [12, -5],
      [8, -5],
      [10, -4],
      [10, -6],
    ]),
    labels: Int32Array.of(0, 1, 0, 1),
    ways: 2,
  };

  it("is the closed form, worked by hand", async () => {
    // Zᵀ C Z = diag(8, 2), s = 10/4, λ s = 1, Zᵀ C Y = [[2, -2], [1, -1]] -> W = [[2/9, -2/9], [1/3, -1/3]], ȳ = 1/2
    const scores = await scoresOf(cross, { lambda: 0.4, normalise: "none" }, matrixOf([[11, -3]]));
    const part = 2 / 9 + 2 / 3;
    expect(largestDifference(scores, [[0.5 + part, 0.5 - part]])).toBeLessThan(1e-5);
  });

  it("is the closed form of features at length 1, worked by hand", async () => {
    // Zᵀ C Z = diag(2, 2), s = 1, W = ±1 / 2.5; z = (3, 4) / 5
    const scores = await scoresOf(cross, { lambda: 0.5, normalise: "cl2n" }, matrixOf([[13, -1]]));
    const part = (0.6 + 0.8) / 2.5;
    expect(largestDifference(scores, [[0.5 + part, 0.5 - part]])).toBeLessThan(1e-5);
  });

  // C = Z - zb; s = (C**2).sum(1).mean(); W = np.linalg.solve(C.T @ C + .3 * s * np.eye(3), C.T @ (Y - Y.mean(0)))
  // scores = (q - zb) @ W + Y.mean(0)
  const wanted = {
    cl2n: [
      [0.876320347758639, 0.466966696435127, -0.3432870441937661],
      [0.1646633271901125, 0.7102261340511413, 0.1251105387587462],
    ],
    none: [
      [0.6767585541451476, 0.33214211786589204, -0.008900672011039723],
      [0.05707510978211916, 0.9207841590037787, 0.022140731214101983],
    ],
  } as const;

  it.each([
    { normalise: "cl2n", columns: 3 },
    { normalise: "none", columns: 3 },
    { normalise: "cl2n", columns: 9 },
    { normalise: "none", columns: 9 },
  ] as const)("gives numpy's numbers: $normalise, $columns columns", async ({ normalise, columns }) => {
    const scores = await scoresOf(sevenRows(columns), { lambda: 0.3, normalise }, twoQueries(columns));
    // in more columns than images features are rotated, and told apart by 1e-5 of their squared length
    expect(largestDifference(scores, wanted[normalise])).toBeLessThan(columns > 7 ? 5e-5 : 1e-6);
  });

  it("counts a photo of a class of weight 2 as two of them", async () => {
    const support = sevenRows();
    const twice = [...support.labels.keys()].flatMap((row) => (support.labels[row] === 1 ? [row, row] : [row]));
    const options = { lambda: 0.3, normalise: "none" } as const;
    const doubled = await scoresOf(subsetOf(support, Int32Array.from(twice)), options, twoQueries());
    const weighted = await scoresOf({ ...support, classWeights: Float64Array.of(1, 2, 1) }, options, twoQueries());
    expect(largestDifference(weighted, doubled)).toBeLessThan(1e-5);
    expect(largestDifference(weighted, await scoresOf(support, options, twoQueries()))).toBeGreaterThan(1e-2);
  });

  it("refuses a penalty of 0 and an unknown way to normalise", async () => {
    await expect(method.fit(cross, { lambda: 0, normalise: "none" }, algebra)).rejects.toThrow(
      "lambda: wanted a number",
    );
    const wrong = { lambda: 1, normalise: "l2" as "none" };
    await expect(method.fit(cross, wrong, algebra)).rejects.toThrow('normalise: wanted cl2n or none, got "l2"');
  });
});
