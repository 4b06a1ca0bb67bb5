import { afterAll, expect, it } from "vitest";
import { largestDifference } from "../../../test/fixtures/differences.ts";
import { matrixOf } from "../../base/matrix.ts";
import { openAlgebra } from "../algebra.ts";
import { method } from "./prototypical-networks.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

it("scores by the squared distance to class means, up to what classes share", async () => {
  // class means (3, 4) and (0, 2)
  const features = matrixOf([
    [2, 6],
    [0, 2],
    [4, 2],
  ]);
  const state = await method.fit({ features, labels: Int32Array.of(0, 1, 0), ways: 2 }, {}, algebra);
  const queries = matrixOf([
    [8, 6], // 25 + 4 and 64 + 16, each less |x|² = 100 and turned round
    [0, -1], // 9 + 25 and 9, less 1
  ]);
  const wanted = [
    [100 - 29, 100 - 80],
    [1 - 34, 1 - 9],
  ];
  expect(largestDifference(await method.predict(state, queries, algebra), wanted)).toBeLessThan(1e-5);
});
