import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf, takeRows, type Matrix } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./k-nn.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

// cosines to (1, 0): 1, 0.8, 0.6, 0
const support = {
  features: matrixOf([
    [0, 5],
    [2, 0],
    [4, 3],
    [3, 4],
  ]),
  labels: Int32Array.of(1, 0, 1, 0),
  ways: 2,
};
const query = matrixOf([[7, 0]]);

const scoresOf = async (k: number, queries = query, from = support): Promise<Matrix> =>
  method.predict(await method.fit(from, { k }, algebra), queries, algebra);

/** Vote of an image whose cosine lies `below` that of the nearest. */
const vote = (below: number): number => Math.exp(-below / 0.07);

describe("k nearest neighbours", () => {
  it("lets the nearest alone vote when k is 1", async () => {
    expect(largestDifference(await scoresOf(1), [[Math.log(1.001), Math.log(0.001)]])).toBeLessThan(1e-5);
  });

  it("weighs votes by nearness", async () => {
    const wanted = [[Math.log(0.001 + 1 + vote(0.4)), Math.log(0.001 + vote(0.2))]];
    expect(largestDifference(await scoresOf(3), wanted)).toBeLessThan(1e-5);
  });

  it("counts votes by the weights of their classes", async () => {
    const wanted = [[Math.log(0.001 + 0.5 * (1 + vote(0.4))), Math.log(0.001 + 1.5 * vote(0.2))]];
    const weighted = { ...support, classWeights: Float64Array.of(0.5, 1.5) };
    expect(largestDifference(await scoresOf(3, query, weighted), wanted)).toBeLessThan(1e-5);
  });

  it("asks all images where there are fewer than k", async () => {
    const wanted = [[Math.log(0.001 + 1 + vote(0.4)), Math.log(0.001 + vote(0.2) + vote(1))]];
    expect(largestDifference(await scoresOf(4), wanted)).toBeLessThan(1e-5);
    expect(await scoresOf(50)).toEqual(await scoresOf(4));
  });

  it("takes the first of equally near images", async () => {
    const twins = {
      features: matrixOf([
        [1, 1],
        [1, 0],
        [1, 0],
      ]),
      labels: Int32Array.of(0, 1, 0),
      ways: 2,
    };
    expect(largestDifference(await scoresOf(1, query, twins), [[Math.log(0.001), Math.log(1.001)]])).toBeLessThan(1e-5);
  });

  it("answers many queries as it answers few, block by block", async () => {
    const many = matrixOf(Array.from({ length: 300_000 }, (_, i) => [Math.cos(i), Math.sin(i)]));
    const some = [0, 249_999, 250_000, 299_999]; // a block holds a million similarities
    const scores = await scoresOf(3, many);
    expect(largestDifference(await scoresOf(3, takeRows(many, some)), takeRows(scores, some))).toBeLessThan(1e-4);
  });

  it.each([0, 1.5, NaN])("refuses k = %s", async (k) => {
    await expect(method.fit(support, { k }, algebra)).rejects.toThrow("k: wanted a whole number from 1");
  });
});
