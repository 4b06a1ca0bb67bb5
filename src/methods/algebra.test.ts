import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../test/fixtures/differences.ts";
import { matrix, matrixOf, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { factor, inverse, openAlgebra } from "./algebra.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const identity = (n: number): Matrix => {
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) out.data[i * n + i] = 1;
  return out;
};

/** A Aᵀ / n + I: symmetric, eigenvalues from 1 to about 5. */
const positiveDefinite = async (n: number): Promise<Matrix> => {
  const random = createRandom("a");
  const a = matrix(
    n,
    n,
    Float32Array.from({ length: n * n }, () => random.normal()),
  );
  const out = await algebra.multiply(a, a, { b: true });
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out.data[i * n + j] = out.data[i * n + j]! / n + (i === j ? 1 : 0);
  return out;
};

describe("multiply", () => {
  it("transposes either side when asked", async () => {
    const a = matrixOf([[1, 2, 3]]);
    const b = matrixOf([[4], [5], [6]]);
    expect(largestDifference(await algebra.multiply(a, b), [[32]])).toBe(0);
    expect(largestDifference(await algebra.multiply(a, a, { b: true }), [[14]])).toBe(0);
    const outer = [
      [4, 8, 12],
      [5, 10, 15],
      [6, 12, 18],
    ];
    expect(largestDifference(await algebra.multiply(b, a), outer)).toBe(0);
    expect(largestDifference(await algebra.multiply(b, a, { a: true, b: true }), [[32]])).toBe(0);
  });
});

describe("factor", () => {
  it("is Cholesky's, worked by hand", async () => {
    const wanted = {
      lower: [
        [2, 0],
        [3, 1],
      ],
      inverse: [
        [0.5, 0],
        [-1.5, 1],
      ],
    };
    const { lower, lowerInverse } = (await factor(
      matrixOf([
        [4, 6],
        [6, 10],
      ]),
      algebra,
    ))!;
    expect(largestDifference(lower, wanted.lower)).toBeLessThan(1e-6);
    expect(largestDifference(lowerInverse, wanted.inverse)).toBeLessThan(1e-6);
  });

  // 96 is the largest block that is factored in place
  it.each([1, 96, 97, 250])("gives the matrix back from its factor, size %i", async (n) => {
    const m = await positiveDefinite(n);
    const { lower, lowerInverse } = (await factor(m, algebra))!;
    expect(largestDifference(await algebra.multiply(lower, lower, { b: true }), m)).toBeLessThan(1e-4);
    expect(largestDifference(await algebra.multiply(lower, lowerInverse), identity(n))).toBeLessThan(1e-4);
    for (let i = 0; i < n; i++)
      expect(
        rowOf(lower, i)
          .subarray(i + 1)
          .every((v) => v === 0),
      ).toBe(true);
  });

  it.each([2, 250])("is null where the matrix is not positive definite, size %i", async (n) => {
    const m = await positiveDefinite(n);
    m.data[m.data.length - 1] = -1;
    expect(await factor(m, algebra)).toBeNull();
    await expect(inverse(m, algebra)).rejects.toMatchObject({ code: "E_INTERNAL" });
  });
});

describe("inverse", () => {
  it.each([3, 200])("times the matrix is the identity, size %i", async (n) => {
    const m = await positiveDefinite(n);
    expect(largestDifference(await algebra.multiply(await inverse(m, algebra), m), identity(n))).toBeLessThan(1e-4);
  });
});
