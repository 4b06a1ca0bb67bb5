import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { sevenRows } from "../../../test/fixtures/seven-rows.ts";
import { matrixOf, rowOf, rowsBetween } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method as plain } from "./logistic-regression.ts";
import { calibrated, leanMeans, method } from "./distribution-calibration.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

describe("distribution calibration", () => {
  it("leans means on the nearest other classes by hand", () => {
    const means = matrixOf([
      [0, 0],
      [2, 0],
      [0, 4],
      [90, 90],
    ]);
    const counts = Float64Array.of(1, 2, 4, 1);
    // nearest two of (0, 0): (2, 0) and (0, 4), mean (1, 2); 1 image against 0.5: weights 2/3 and 1/3
    const leaning = leanMeans(means, counts, { k: 2, lean: 0.5 });
    expect([...rowOf(leaning, 0)].map((v) => v.toFixed(5))).toEqual(["0.33333", "0.66667"]);
    // of (2, 0): (0, 0) and (0, 4), mean (0, 2); 2 images against 0.5: 4/5 and 1/5
    expect(largestDifference(rowsBetween(leaning, 1, 2), [[1.6, 0.4]])).toBeLessThan(1e-6);
    expect(leanMeans(means, counts, { k: 2, lean: 0 }).data).toEqual(means.data);
    expect(leanMeans(means, counts, { k: 0, lean: 9 }).data).toEqual(means.data);
  });

  // classes (±1, 3) and (±1, -3): W = diag(4 / (4 - 2), 0) = diag(2, 0); mean 0, so T = diag(1, 9)
  const cross = {
    features: matrixOf([
      [1, 3],
      [-1, 3],
      [1, -3],
      [-1, -3],
    ]),
    labels: Int32Array.of(0, 0, 1, 1),
    ways: 2,
  };
  const options = { k: 1, lean: 0, alpha: 0.5, samples: 4000, lambda: 0.03 };

  it("draws features with the class's mean and the covariance W + α T", async () => {
    const { features, labels, classWeights } = await calibrated(cross, options, [0, 1, 2, 3], algebra);
    expect(features.rows).toBe(4 + 2 * 4000);
    expect(labels.filter((label) => label === 1).length).toBe(2 + 4000);
    expect(rowsBetween(features, 0, 4)).toEqual(cross.features);
    for (const [c, y] of [3, -3].entries()) {
      const drawn = rowsBetween(features, 4 + c * 4000, 4 + (c + 1) * 4000);
      const sums = [0, 0, 0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        const [u, v] = [rowOf(drawn, i)[0]!, rowOf(drawn, i)[1]! - y];
        [u, v, u * u, u * v, v * v].forEach((value, k) => (sums[k]! += value / 4000));
      }
      expect(Math.abs(sums[0]!)).toBeLessThan(1e-4); // mirror images
      expect(Math.abs(sums[1]!)).toBeLessThan(1e-4);
      // 2000 independent draws: a variance is within 3 √(2 / 2000) = 10 % of what it should be
      expect(sums[2]! / (2 + 0.5 * 1)).toBeCloseTo(1, 1);
      expect(Math.abs(sums[3]!)).toBeLessThan(0.3);
      expect(sums[4]! / (0 + 0.5 * 9)).toBeCloseTo(1, 1);
    }
    // 2 images and 4000 drawn count as 2 images did
    expect([...classWeights!].map((w) => w * 4002)).toEqual([2, 2]);
  });

  it("lets a class's weight hold for images and drawn features together", async () => {
    const weighted = { ...cross, classWeights: Float64Array.of(3, 1) };
    const { classWeights } = await calibrated(weighted, { ...options, samples: 6 }, [0, 1, 2, 3], algebra);
    expect([...classWeights!]).toEqual([(3 * 2) / 8, 2 / 8]);
  });

  it("comes near logistic regression on the support where nothing spreads", async () => {
    // one image a class, no α: drawn features are the images themselves
    const support = {
      features: matrixOf([
        [1, 0],
        [0, 1],
        [-1, -1],
      ]),
      labels: Int32Array.of(0, 1, 2),
      ways: 3,
    };
    const still = { ...options, alpha: 0, samples: 20 };
    const scores = await method.predict(await method.fit(support, still, algebra), support.features, algebra);
    const state = await plain.fit(support, { lambda: 0.03, normalise: "cl2n" }, algebra);
    expect(largestDifference(scores, await plain.predict(state, support.features, algebra))).toBeLessThan(5e-2);
  });

  it("refuses options that mean nothing", async () => {
    const fit = (changed: Partial<typeof options>) => method.fit(sevenRows(), { ...options, ...changed }, algebra);
    await expect(fit({ samples: 3 })).rejects.toThrow("samples: wanted an even number of 2 or more, got 3");
    await expect(fit({ alpha: -1 })).rejects.toThrow("alpha: wanted a number of 0 or more, got -1");
    await expect(fit({ lambda: 0 })).rejects.toThrow("lambda: wanted a number above 0, got 0");
  });
});
