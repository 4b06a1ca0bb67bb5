import { afterAll, describe, expect, it } from "vitest";
import { largestDifference, relativeDifference } from "../../test/fixtures/differences.ts";
import { matrix, takeRows, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "./algebra.ts";
import { rotate } from "./rotate.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const normals = (rows: number, columns: number): Matrix => {
  const random = createRandom(`${rows} x ${columns}`);
  return matrix(
    rows,
    columns,
    Float32Array.from({ length: rows * columns }, () => random.normal()),
  );
};

describe("rotate", () => {
  it("keeps all inner products in as many columns as there are images", async () => {
    const x = normals(20, 60);
    const { features } = await rotate(x, algebra);
    expect(features.columns).toBe(20);
    const gram = (m: Matrix): Promise<Matrix> => algebra.multiply(m, m, { b: true });
    expect(relativeDifference(await gram(features), await gram(x))).toBeLessThan(2e-5);
  });

  it("brings directions back so that images score the same along them", async () => {
    const x = normals(20, 60);
    const { features, back } = await rotate(x, algebra);
    const directions = normals(20, 3);
    const returned = await back(directions);
    expect([returned.rows, returned.columns]).toEqual([60, 3]);
    const scores = await algebra.multiply(features, directions);
    expect(relativeDifference(await algebra.multiply(x, returned), scores)).toBeLessThan(1e-4);
    const lengths = await algebra.multiply(directions, directions, { a: true });
    expect(relativeDifference(await algebra.multiply(returned, returned, { a: true }), lengths)).toBeLessThan(1e-4);
  });

  it("tells copies apart a little", async () => {
    const { features } = await rotate(takeRows(normals(2, 60), [0, 1, 0, 1]), algebra);
    expect(features.columns).toBe(4);
    expect(features.data.every(Number.isFinite)).toBe(true);
  });

  it("keeps scores where single precision can hardly tell images apart", async () => {
    const points = normals(3, 320);
    const x = takeRows(
      matrix(3, 320, points.data.map(Math.abs)),
      Array.from({ length: 300 }, (_, i) => i % 3),
    );
    const { features, back } = await rotate(x, algebra);
    // directions that tell the three from one another
    const directions = await algebra.multiply(features, normals(300, 2), { a: true });
    const scores = await algebra.multiply(features, directions);
    expect(relativeDifference(await algebra.multiply(x, await back(directions)), scores)).toBeLessThan(1e-3);
  });

  it("leaves features alone where images are as many as dimensions, or all zero", async () => {
    for (const x of [normals(60, 60), matrix(3, 9)]) {
      const { features, back } = await rotate(x, algebra);
      expect(features === x).toBe(true);
      const directions = normals(x.columns, 2);
      expect(largestDifference(await back(directions), directions)).toBe(0);
    }
  });
});
