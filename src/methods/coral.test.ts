import { afterAll, describe, expect, it } from "vitest";
import { largestDifference, relativeDifference } from "../../test/fixtures/differences.ts";
import { argmax, matrix, matrixOf, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom, type Random } from "../base/random.ts";
import { openAlgebra } from "./algebra.ts";
import { coral } from "./coral.ts";
import { method as nearestClassMean } from "./few-shot/nearest-class-mean.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const normals = (rows: number, columns: number, random: Random): Matrix =>
  matrix(
    rows,
    columns,
    Float32Array.from({ length: rows * columns }, () => random.normal()),
  );

const meanOf = ({ rows, columns, data }: Matrix): number[] =>
  Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += data[i * columns + j]!;
    return sum / rows;
  });

/** By the definition, with rows - 1. */
const covarianceOf = (m: Matrix): number[][] => {
  const mean = meanOf(m);
  return mean.map((a, i) =>
    mean.map((b, j) => {
      let sum = 0;
      for (let row = 0; row < m.rows; row++) sum += (rowOf(m, row)[i]! - a) * (rowOf(m, row)[j]! - b);
      return sum / (m.rows - 1);
    }),
  );
};

describe("CORAL", () => {
  it("by hand: from a cross to another, longer and turned", async () => {
    // mean 0, C = diag(2/3, 8/3); with shrinkage 0.6: λ = 0.6 · 5/3 = 1, so whitened by 1 / √(5/3) and 1 / √(11/3)
    const source = matrixOf([
      [1, 0],
      [-1, 0],
      [0, 2],
      [0, -2],
    ]);
    // mean (10, 20); C = 6 along (1, 1) / √2, 2/3 along (1, -1) / √2; λ = 0.6 · 10/3 = 2: roots √8 and √(8/3)
    const target = matrixOf(
      [
        [3, 3],
        [-3, -3],
        [1, -1],
        [-1, 1],
      ].map(([x, y]) => [10 + x! / Math.SQRT2, 20 + y! / Math.SQRT2]),
    );
    const [a, b] = [Math.sqrt(8), Math.sqrt(8 / 3)];
    // (C_t + λ I)^½ = ½ [[a + b, a - b], [a - b, a + b]]
    const [same, other] = [(a + b) / 2, (a - b) / 2];
    const [p, q] = [1 / Math.sqrt(5 / 3), 2 / Math.sqrt(11 / 3)];
    const wanted = [
      [10 + p * same, 20 + p * other],
      [10 - p * same, 20 - p * other],
      [10 + q * other, 20 + q * same],
      [10 - q * other, 20 - q * same],
    ];
    expect(largestDifference(await coral(source, target, { shrinkage: 0.6 }, algebra), wanted)).toBeLessThan(1e-5);
  });

  it("gives the target's mean and covariance where shrinkage is next to nothing", async () => {
    const random = createRandom("covariance");
    const source = normals(60, 5, random);
    const mixing = normals(5, 5, random);
    const target = await algebra.multiply(normals(40, 5, random), mixing);
    target.data.forEach((_, i) => (target.data[i]! += 3 * (i % 5)));
    const aligned = await coral(source, target, { shrinkage: 1e-6 }, algebra);
    expect(relativeDifference(matrixOf(covarianceOf(aligned)), matrixOf(covarianceOf(target)))).toBeLessThan(1e-3);
    expect(relativeDifference(matrixOf([meanOf(aligned)]), matrixOf([meanOf(target)]))).toBeLessThan(1e-4);
    // and far from it before
    expect(relativeDifference(matrixOf(covarianceOf(source)), matrixOf(covarianceOf(target)))).toBeGreaterThan(0.3);
  });

  it.each([
    { rows: 30, dim: 6 },
    { rows: 12, dim: 40 },
  ])("leaves $rows rows of $dim numbers alone where source and target are the same", async ({ rows, dim }) => {
    const source = normals(rows, dim, createRandom("same"));
    for (const shrinkage of [0.01, 1])
      expect(relativeDifference(await coral(source, source, { shrinkage }, algebra), source)).toBeLessThan(1e-4);
  });

  it("does in few rows what it does in few dimensions", async () => {
    // the same rows in 8 dimensions and, with zeros behind, in 30: λ is the mean over all directions, hence 30 / 8
    const random = createRandom("wide");
    const [source, target] = [normals(20, 8, random), normals(15, 8, random)];
    const widened = (m: Matrix): Matrix =>
      matrixOf(Array.from({ length: m.rows }, (_, i) => [...rowOf(m, i), ...new Array<number>(22).fill(0)]));
    const narrow = await coral(source, target, { shrinkage: 0.5 }, algebra);
    const wide = await coral(widened(source), widened(target), { shrinkage: (0.5 * 30) / 8 }, algebra);
    expect(relativeDifference(wide, widened(narrow))).toBeLessThan(1e-4);
  });

  it("is blind to the source's scale", async () => {
    const random = createRandom("scale");
    const [source, target] = [normals(20, 8, random), normals(15, 8, random)];
    const scaled = matrix(
      20,
      8,
      source.data.map((v) => 1000 * v),
    );
    const options = { shrinkage: 1 };
    expect(
      relativeDifference(await coral(scaled, target, options, algebra), await coral(source, target, options, algebra)),
    ).toBeLessThan(1e-4);
  });

  it("mends a shift: stretched and turned features, told apart by the mean of classes", async () => {
    const random = createRandom("shift");
    const dim = 10;
    const points = normals(4, dim, random);
    const draw = (count: number): { features: Matrix; labels: Int32Array } => {
      const labels = Int32Array.from({ length: count }, (_, i) => i % 4);
      const features = normals(count, dim, random);
      labels.forEach((label, i) =>
        rowOf(points, label).forEach(
          (v, j) => (features.data[i * dim + j] = 0.8 * v + 0.6 * features.data[i * dim + j]!),
        ),
      );
      return { features, labels };
    };
    // directions stretched from ¼ to 4 times and turned towards each other a little; then all is moved
    const shift = normals(dim, dim, random);
    shift.data.forEach((v, i) => {
      const stretch = 4 ** ((2 * Math.floor(i / dim)) / (dim - 1) - 1);
      shift.data[i] = stretch * (0.1 * v + (i % (dim + 1) === 0 ? 1 : 0));
    });
    const elsewhere = async (m: Matrix): Promise<Matrix> => {
      const out = await algebra.multiply(m, shift);
      out.data.forEach((_, i) => (out.data[i]! += 3));
      return out;
    };
    const [learned, asked] = [draw(120), draw(400)];
    const unlabelled = await elsewhere(draw(200).features);
    const queries = await elsewhere(asked.features);
    const accuracy = async (features: Matrix): Promise<number> => {
      const support = { features, labels: learned.labels, ways: 4 };
      const state = await nearestClassMean.fit(support, { metric: "euclidean" }, algebra);
      const scores = await nearestClassMean.predict(state, queries, algebra);
      return asked.labels.filter((label, i) => argmax(rowOf(scores, i)) === label).length / 400;
    };
    const before = await accuracy(learned.features);
    const after = await accuracy(await coral(learned.features, unlabelled, { shrinkage: 0.1 }, algebra));
    expect(after).toBeGreaterThan(before + 0.15);
    expect(after).toBeGreaterThan(0.8);
  });

  it("refuses rows that do not spread, and no shrinkage", async () => {
    const two = matrixOf([
      [1, 2],
      [3, 4],
    ]);
    const copies = matrixOf([
      [1, 2],
      [1, 2],
    ]);
    await expect(coral(two, copies, { shrinkage: 1 }, algebra)).rejects.toThrow("target: wanted two unlike photos");
    await expect(coral(matrixOf([[1, 2]]), two, { shrinkage: 1 }, algebra)).rejects.toThrow("source: wanted two");
    await expect(coral(two, two, { shrinkage: 0 }, algebra)).rejects.toThrow("shrinkage: wanted a number above 0");
  });
});
