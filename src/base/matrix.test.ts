import { expect, it } from "vitest";
import { matrixOf, release, rowOf, takeRows } from "./matrix.ts";

it("gives back the memory of a passing copy, and of nothing else", () => {
  const features = matrixOf([
    [1, 2],
    [3, 4],
  ]);
  const copy = takeRows(features, [1]);
  const view = rowOf(copy, 0);
  release(copy);
  expect(copy.data.length + view.length).toBe(0);
  expect([...features.data]).toEqual([1, 2, 3, 4]);
});
