import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { sevenRows, twoQueries } from "../../../test/fixtures/seven-rows.ts";
import { matrix, matrixOf, rowOf, type Matrix } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import type { Support } from "../method.ts";
import { subsetOf, transformed, type LinearHead } from "./_shared.ts";
import { method } from "./logistic-regression.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

/** Rows less their mean: softmax does not see what classes share. */
const centredRows = (m: Matrix): Matrix => {
  const out = matrix(m.rows, m.columns, m.data.slice());
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(out, i);
    const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
    row.forEach((v, c) => (row[c] = v - mean));
  }
  return out;
};

/** Length of the gradient of Σ cross-entropy + ½ λ s |W|² in weights and biases, by the definition. */
const gradientLength = (head: LinearHead, lambda: number): number => {
  const { features, labels, ways } = sevenRows();
  const z = transformed(features, head.centre, head.unit);
  const rows = Array.from(labels, (_, i) => [...rowOf(z, i)]);
  const means = [0, 1, 2].map((k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length);
  const spread = rows.reduce((sum, row) => sum + row.reduce((s, v, k) => s + (v - means[k]!) ** 2, 0), 0) / rows.length;
  const weight = (k: number, c: number): number => head.weights.data[k * ways + c]!;
  const residuals = rows.map((row, i) => {
    const powers = [0, 1, 2].map((c) => Math.exp(head.bias[c]! + row.reduce((sum, v, k) => sum + v * weight(k, c), 0)));
    const total = powers.reduce((a, b) => a + b);
    return powers.map((p, c) => p / total - (labels[i] === c ? 1 : 0));
  });
  let square = 0;
  for (const c of [0, 1, 2]) {
    square += residuals.reduce((sum, r) => sum + r[c]!, 0) ** 2;
    for (const k of [0, 1, 2]) {
      const slope = residuals.reduce((sum, r, i) => sum + r[c]! * rows[i]![k]!, 0);
      square += (slope + lambda * spread * weight(k, c)) ** 2;
    }
  }
  return Math.sqrt(square);
};

describe("multinomial logistic regression", () => {
  // lam = .1 * ((Z - zb)**2).sum(1).mean(); A = np.hstack([Z, np.ones((n, 1))]); pen = np.diag([lam] * 3 + [0]); T = np.zeros((4, 3))
  // 200 times Newton's step: P = np.exp(A @ T); P /= P.sum(1, keepdims=True); G = A.T @ (P - Y) + pen @ T
  //   H = sum(np.kron(np.outer(a, a), np.diag(p) - np.outer(p, p)) for a, p in zip(A, P)) + np.kron(pen, np.eye(3))
  //   T -= (np.linalg.pinv(H, rcond=1e-10) @ G.ravel()).reshape(4, 3)                       (ends at |G| < 2e-16)
  // scores = np.hstack([q, np.ones((2, 1))]) @ T, less the mean of each row
  const wanted = {
    cl2n: [
      [2.0668436601613114, 0.3898559689116557, -2.4566996290729675],
      [-0.480929664961456, 1.3556240058049012, -0.8746943408434452],
    ],
    none: [
      [1.3391180508131553, -0.05558200236810251, -1.2835360484450526],
      [-0.6316284052302505, 2.0669869571040436, -1.435358551873793],
    ],
  } as const;

  it.each([
    { normalise: "cl2n", columns: 3 },
    { normalise: "none", columns: 3 },
    { normalise: "cl2n", columns: 9 },
    { normalise: "none", columns: 9 },
  ] as const)("comes to where Newton's method comes: $normalise, $columns columns", async ({ normalise, columns }) => {
    const state = await method.fit(sevenRows(columns), { lambda: 0.1, normalise }, algebra);
    const scores = await method.predict(state, twoQueries(columns), algebra);
    // the solver stops where the gradient is 1e-3 of the first
    expect(largestDifference(centredRows(scores), wanted[normalise])).toBeLessThan(1e-2);
  });

  it.each(["cl2n", "none"] as const)("ends where the gradient vanishes: %s", async (normalise) => {
    const head = await method.fit(sevenRows(), { lambda: 0.1, normalise }, algebra);
    const nothing = { ...head, weights: matrix(3, 3), bias: new Float32Array(3) };
    expect(gradientLength(head, 0.1)).toBeLessThan(5e-3 * gradientLength(nothing, 0.1));
    expect(gradientLength(head, 0.2)).toBeGreaterThan(5e-2 * gradientLength(nothing, 0.2)); // the penalty is seen
  });

  it("counts a photo of a class of weight 2 as two of them", async () => {
    const support = sevenRows();
    const twice = [...support.labels.keys()].flatMap((row) => (support.labels[row] === 1 ? [row, row] : [row]));
    const scoresOf = async (from: Support): Promise<Matrix> => {
      const state = await method.fit(from, { lambda: 0.1, normalise: "none" }, algebra);
      return centredRows(await method.predict(state, twoQueries(), algebra));
    };
    const doubled = await scoresOf(subsetOf(support, Int32Array.from(twice)));
    const weighted = await scoresOf({ ...support, classWeights: Float64Array.of(1, 2, 1) });
    expect(largestDifference(weighted, doubled)).toBeLessThan(2e-2); // both stop early, each within 1e-2
    expect(largestDifference(weighted, await scoresOf(support))).toBeGreaterThan(5e-2);
  });

  it("leaves the class shares to the biases, which are not penalised", async () => {
    // the same images in both classes, 3 : 1: weights 0, probabilities 3/4 and 1/4
    const support = {
      features: matrixOf([1, 1, 1, -1, -1, -1, 1, -1].map((v) => [v, 0])),
      labels: Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1),
      ways: 2,
    };
    const head = await method.fit(support, { lambda: 1, normalise: "none" }, algebra);
    expect(head.bias[0]! - head.bias[1]!).toBeCloseTo(Math.log(3), 2);
    expect(Math.max(...head.weights.data.map(Math.abs))).toBeLessThan(1e-3);
    const even = { ...support, classWeights: Float64Array.of(8 / 12, 8 / 4) }; // 6 and 2 images count alike
    const { bias } = await method.fit(even, { lambda: 1, normalise: "none" }, algebra);
    expect(bias[0]! - bias[1]!).toBeCloseTo(0, 2);
  });

  it("refuses a penalty of 0", async () => {
    await expect(method.fit(sevenRows(), { lambda: 0, normalise: "none" }, algebra)).rejects.toThrow(
      "lambda: wanted a number above 0, got 0",
    );
  });
});
