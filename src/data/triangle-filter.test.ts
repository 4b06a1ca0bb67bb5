import { expect, it } from "vitest";
import { trianglesOf } from "./triangle-filter.ts";

it("halving averages with triangle weights that add up to 1, wherever the part begins", () => {
  const { first, count, weights, stride } = trianglesOf(8, 4, [1, 3]);
  expect([...first]).toEqual([1, 3]);
  // centre 3, support 2: inputs 1 .. 4 lie 1.5, 0.5, 0.5, 1.5 away
  const shares = [0.25, 0.75, 0.75, 0.25].map((weight) => weight / 2);
  expect(count[0]).toBe(4);
  shares.forEach((share, tap) => expect(weights[tap]).toBeCloseTo(share, 6));
  shares.forEach((share, tap) => expect(weights[stride + tap]).toBeCloseTo(share, 6));
});
