import { afterAll, expect, test } from "vitest";
import { matrix, matrixOf, rowOf } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "./algebra.ts";
import { transformed } from "./few-shot/_shared.ts";
import { degreesOf, nearestNeighbours, similarityGraph } from "./neighbour-graph.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

test("finds the nearest rows, as by comparing all with all", async () => {
  const random = createRandom("neighbours");
  const rows = matrix(
    40,
    6,
    Float32Array.from({ length: 240 }, () => random.normal()),
  );
  const unit = transformed(rows, new Float32Array(0), true);
  const found = await nearestNeighbours(unit, 5, algebra);
  for (let i = 0; i < 40; i++) {
    const squareTo = (j: number): number =>
      rowOf(unit, i).reduce((sum, v, d) => sum + (v - rowOf(unit, j)[d]!) ** 2, 0);
    const others = [...Array(40).keys()].filter((j) => j !== i).sort((a, b) => squareTo(a) - squareTo(b));
    expect([...found.rows.subarray(i * 5, i * 5 + 5)]).toEqual(others.slice(0, 5));
    found.squares
      .subarray(i * 5, i * 5 + 5)
      .forEach((square, at) => expect(square).toBeCloseTo(squareTo(others[at]!), 5));
  }
});

test("gives no more neighbours than there are other rows", async () => {
  const found = await nearestNeighbours(
    matrixOf([
      [1, 0],
      [0, 1],
    ]),
    10,
    algebra,
  );
  expect({ ...found, squares: [...found.squares] }).toEqual({ k: 1, rows: Int32Array.of(1, 0), squares: [2, 2] });
  expect((await nearestNeighbours(matrixOf([[1, 0]]), 10, algebra)).rows).toHaveLength(0);
});

test("the graph is symmetric, with weights by hand", () => {
  // rows 0 and 1 are each other's nearest, at distance 1; row 2's nearest is 1, at distance 2
  const graph = similarityGraph({ k: 1, rows: Int32Array.of(1, 0, 1), squares: Float64Array.of(1, 1, 4) });
  const [near, far] = [Math.exp(-1), Math.exp(-4 / (2 * 1))];
  expect([...graph.starts]).toEqual([0, 1, 3, 4]);
  expect([...graph.columns]).toEqual([1, 0, 2, 1]);
  [near, near, far, far].forEach((weight, at) => expect(graph.values[at]).toBeCloseTo(weight, 12));
  expect(degreesOf(graph)[1]).toBeCloseTo(near + far, 12);
});

test("refuses a number of neighbours below one", async () => {
  await expect(nearestNeighbours(matrixOf([[1]]), 0, algebra)).rejects.toThrow(/neighbours/);
});
