import { expect, it } from "vitest";
import { inputShape, inputSize } from "./preprocess.ts";

it("a model takes pictures of three channels, or volumes of one", () => {
  expect(inputShape({ height: 4, width: 5 })).toEqual([4, 5, 3]);
  expect(inputShape({ depth: 2, height: 4, width: 5 })).toEqual([2, 4, 5, 1]);
  expect(inputSize({ height: 4, width: 5 })).toBe(60);
  expect(inputSize({ depth: 2, height: 4, width: 5 })).toBe(40);
});
