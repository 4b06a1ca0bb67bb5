import { afterAll, describe, expect, it } from "vitest";
import { largestDifference } from "../../test/fixtures/differences.ts";
import { matrix, matrixOf, takeRows } from "../base/matrix.ts";
import { Graph } from "../graph/graph.ts";
import { matmul } from "../ops/matmul.ts";
import { transpose } from "../ops/transpose.ts";
import { openAlgebra } from "./algebra.ts";
import { relationNetworks } from "./relation-networks.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

/** A module that compares by the inner product. */
const module = new Graph("module");
const features = module.input("features", "float32", ["n", 2]);
const classes = module.input("class_features", "float32", ["ways", 2]);
module.output(matmul(module, features, transpose(module, classes, [1, 0])), "relation", ["n", "ways"]);
const method = relationNetworks(module);

describe("relation networks", () => {
  const support = {
    features: matrixOf([
      [1, 0],
      [3, 2], // mean (2, 1)
      [0, 5],
    ]),
    labels: Int32Array.of(0, 0, 1),
    ways: 2,
  };

  it("asks the module about each query and the means of each class", async () => {
    const state = await method.fit(support, {}, algebra);
    const queries = matrixOf([
      [1, 1],
      [-2, 4],
    ]);
    const scores = await method.predict(state, queries, algebra);
    const wanted = [
      [3, 5],
      [0, 20],
    ];
    expect(largestDifference(scores, wanted)).toBeLessThan(1e-6);
  });

  it("answers many queries as it answers each, and none with none", async () => {
    const state = await method.fit(support, {}, algebra);
    const many = matrix(
      2500,
      2,
      Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i)),
    );
    const scores = await method.predict(state, many, algebra);
    const last = await method.predict(state, takeRows(many, [2499]), algebra);
    expect(largestDifference(takeRows(scores, [2499]), last)).toBeLessThan(1e-6);
    expect((await method.predict(state, matrix(0, 2), algebra)).rows).toBe(0);
  });

  it("refuses a class without photos", async () => {
    await expect(method.fit({ ...support, ways: 3 }, {}, algebra)).rejects.toMatchObject({ code: "E_CLASS_EMPTY" });
  });
});
