import { afterAll, describe, expect, it } from "vitest";
import { relativeDifference, largestDifference } from "../../../test/fixtures/differences.ts";
import { sevenRows, twoQueries } from "../../../test/fixtures/seven-rows.ts";
import { matrixOf, type Matrix } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import type { Support } from "../method.ts";
import { method, type LdaOptions } from "./lda.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const scoresOf = async (support: Support, options: LdaOptions, queries: Matrix): Promise<Matrix> =>
  method.predict(await method.fit(support, options, algebra), queries, algebra);

describe("linear discriminant analysis", () => {
  // class means (±2, 0); about them (±2, 0), (0, ±1): S = diag(2, 1/2), tr(S)/d = 5/4
  const two = {
    features: matrixOf([
      [4, 0],
      [0, 0],
      [2, 1],
      [2, -1],
      [0, 0],
      [-4, 0],
      [-2, 1],
      [-2, -1],
    ]),
    labels: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1),
    ways: 2,
  };

  /** Σ_11 = (1 - g) 2 + g 5/4; score = ±2 x_1 / Σ_11 - 4 / (2 Σ_11) + log 1/2. */
  const byHand = (g: number, x: number): number[] =>
    [1, -1].map((sign) => (sign * 2 * x - 2) / (2 - 0.75 * g) + Math.log(0.5));

  it.each([0.2, 0.7, 0.95])("scores by Gaussians with a covariance shrunk by %s, worked by hand", async (shrinkage) => {
    const scores = await scoresOf(two, { shrinkage, normalise: "none" }, matrixOf([[1.5, 9]]));
    expect(largestDifference(scores, [byHand(shrinkage, 1.5)])).toBeLessThan(1e-4);
  });

  it("shrinks by Ledoit and Wolf's weight, worked by hand", async () => {
    // |S|² = 17/4, mean |z|⁴ = (16 + 1)/2; δ² = 17/4 - (5/2)²/2 = 9/8; β² = (17/2 - 17/4)/8 = 17/32; g = β²/δ² = 17/36
    const scores = await scoresOf(two, { shrinkage: "ledoit-wolf", normalise: "none" }, matrixOf([[1.5, 9]]));
    expect(largestDifference(scores, [byHand(17 / 36, 1.5)])).toBeLessThan(1e-4);
    expect(largestDifference(scores, [byHand(16 / 36, 1.5)])).toBeGreaterThan(1e-3);
  });

  it("expects large classes more", async () => {
    // one more image at the mean of class 0 moves the prior, not the means
    const more = {
      features: matrixOf([
        [2, 0],
        [3, 0],
        [1, 0],
        [-2, 0],
      ]),
      labels: Int32Array.of(0, 0, 0, 1),
      ways: 2,
    };
    const state = await method.fit(more, { shrinkage: 1, normalise: "none" }, algebra);
    const halfway = await method.predict(state, matrixOf([[0, 0]]), algebra);
    expect(halfway.data[0]! - halfway.data[1]!).toBeCloseTo(Math.log(3), 3);
    // weights 4/6 and 4/2: both classes count 2, so both are expected alike
    const even = { ...more, classWeights: Float64Array.of(4 / 6, 4 / 2) };
    const balanced = await method.fit(even, { shrinkage: 1, normalise: "none" }, algebra);
    const same = await method.predict(balanced, matrixOf([[0, 0]]), algebra);
    expect(same.data[0]! - same.data[1]!).toBeCloseTo(0, 3);
  });

  it("is the nearest class mean where one image a class leaves no spread", async () => {
    const single = {
      features: matrixOf([
        [2, 0],
        [-2, 0],
      ]),
      labels: Int32Array.of(0, 1),
      ways: 2,
    };
    const scores = await scoresOf(single, { shrinkage: "ledoit-wolf", normalise: "none" }, matrixOf([[1, 5]]));
    // the spread of all images is diag(4, 0), round: 2 I; ±2 x_1 / 2 - 4 / 4 + log 1/2
    expect(largestDifference(scores, [[Math.log(0.5), -2 + Math.log(0.5)]])).toBeLessThan(1e-3);
  });

  // M = np.array([Z[y == c].mean(0) for c in range(3)]); R = Z - M[y]; S = R.T @ R / n; m = np.trace(S) / d
  // weight: d2 = np.sum((S - m * np.eye(d))**2); b2 = sum(np.sum((np.outer(r, r) - S)**2) for r in R) / n**2
  //         weight = min(b2, d2) / d2                                       (Ledoit & Wolf 2004, lemma 3.2 to 3.4)
  // P = np.linalg.inv((1 - weight) * S + weight * m * np.eye(d)); O = M - zb
  // scores = (q - zb) @ P @ O.T - .5 * np.einsum("ci,ij,cj->c", O, P, O) + np.log(np.bincount(y) / n)
  const cases = [
    {
      normalise: "cl2n",
      columns: 3,
      shrinkage: "ledoit-wolf",
      weight: 0.664209932207144,
      wanted: [
        [2.0783813922971612, -5.153077145006383, -21.300726500251635],
        [-9.174086579067795, 1.8156703168442618, -11.390772005054846],
      ],
    },
    {
      normalise: "cl2n",
      columns: 3,
      shrinkage: 0.25,
      weight: 0.25,
      wanted: [
        [4.790148337729425, -2.9629459755678758, -35.65749352736307],
        [-10.730995759933384, 2.9159291610108973, -18.25465251744764],
      ],
    },
    {
      normalise: "cl2n",
      columns: 5,
      shrinkage: "ledoit-wolf",
      weight: 0.40062216922469357,
      wanted: [
        [5.3989987828184, -3.7279996539864015, -39.78332458603719],
        [-12.45784954177493, 3.57937506256196, -20.30542681569556],
      ],
    },
    {
      normalise: "cl2n",
      columns: 5,
      shrinkage: 0.25,
      weight: 0.25,
      wanted: [
        [6.674440311101104, -1.9073956235948675, -46.01534607399596],
        [-12.15756872711998, 3.6862500442432786, -23.36097818450248],
      ],
    },
    {
      normalise: "cl2n",
      columns: 9,
      shrinkage: "ledoit-wolf",
      weight: 0.31680688362260856,
      wanted: [
        [8.449477303543148, -1.260352469429039, -56.01981445846503],
        [-13.889772795170899, 4.5339028993639765, -28.305194679186982],
      ],
    },
    {
      normalise: "cl2n",
      columns: 9,
      shrinkage: 0.25,
      weight: 0.25,
      wanted: [
        [8.766299266547831, -0.39762033099941263, -57.28637273442033],
        [-13.318552813512607, 4.382601698837265, -28.93931664416636],
      ],
    },
    {
      normalise: "none",
      columns: 3,
      shrinkage: "ledoit-wolf",
      weight: 0.6592565597667638,
      wanted: [
        [-0.7835815879691206, -7.250624752277191, -15.089972441536002],
        [-9.347813574144368, 6.729530234555465, -16.22377944910579],
      ],
    },
    {
      normalise: "none",
      columns: 3,
      shrinkage: 0.25,
      weight: 0.25,
      wanted: [
        [0.05206578815853535, -7.569161519954204, -23.432667891639667],
        [-11.627542530494374, 9.744480979302237, -23.226897912916748],
      ],
    },
    {
      normalise: "none",
      columns: 5,
      shrinkage: "ledoit-wolf",
      weight: 0.390139751552795,
      wanted: [
        [0.11105030846013952, -8.72986183301888, -26.511245016092527],
        [-13.424815939616241, 11.509922451748844, -26.447229928745685],
      ],
    },
    {
      normalise: "none",
      columns: 5,
      shrinkage: 0.25,
      weight: 0.25,
      wanted: [
        [0.5239664114890201, -8.252575989893845, -29.367847062190044],
        [-13.401123535926342, 11.773485697119897, -28.50627382808075],
      ],
    },
    {
      normalise: "none",
      columns: 9,
      shrinkage: "ledoit-wolf",
      weight: 0.3066794755877034,
      wanted: [
        [0.9447525673070538, -9.131203935450166, -35.255778428234954],
        [-15.356664147850573, 13.930264786554512, -33.865122077503194],
      ],
    },
    {
      normalise: "none",
      columns: 9,
      shrinkage: 0.25,
      weight: 0.25,
      wanted: [
        [1.059550568394015, -8.728450608589728, -35.48025638783064],
        [-14.921063228394633, 13.573347136661814, -33.81113343789921],
      ],
    },
  ] as const;

  it.each(cases)(
    "gives numpy's numbers: $normalise, $columns columns, $shrinkage",
    async ({ normalise, columns, shrinkage, weight, wanted }) => {
      const support = sevenRows(columns);
      const scores = await scoresOf(support, { shrinkage, normalise }, twoQueries(columns));
      // in more columns than images features are rotated, and told apart by 1e-5 of their squared length
      expect(relativeDifference(scores, matrixOf(wanted))).toBeLessThan(columns > 7 ? 5e-4 : 1e-6);
      const stated = await scoresOf(support, { shrinkage: weight, normalise }, twoQueries(columns));
      expect(relativeDifference(scores, stated)).toBeLessThan(columns > 7 ? 1e-5 : 1e-6);
    },
  );

  it.each([-0.1, 1.1, NaN])("refuses a weight of %s", async (shrinkage) => {
    await expect(method.fit(two, { shrinkage, normalise: "none" }, algebra)).rejects.toThrow(
      'shrinkage: wanted "ledoit-wolf" or a number in [0, 1]',
    );
  });
});
