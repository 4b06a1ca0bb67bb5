import { expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { thompsonShares } from "./thompson-shares.ts";

const shares = (arms: { count: number; sum: number }[], least = 0, draws = 4000) =>
  thompsonShares(arms, { random: createRandom(1), least, draws });

it("gives each arm its probability of being best", () => {
  // Beta(2, 1) against Beta(1, 2): 5 / 6
  expect(
    shares([
      { count: 1, sum: 1 },
      { count: 1, sum: 0 },
    ])[0],
  ).toBeCloseTo(5 / 6, 1);
  expect(
    shares([
      { count: 0, sum: 0 },
      { count: 0, sum: 0 },
    ])[0],
  ).toBeCloseTo(0.5, 1);
});

it("keeps a least share, sums to 1, and is repeatable", () => {
  const arms = [
    { count: 1000, sum: 500 },
    { count: 1000, sum: 900 },
    { count: 0, sum: 0 },
  ];
  const got = shares(arms, 0.05, 400);
  expect(got.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  expect(got[0]).toBeCloseTo(0.05, 12);
  expect(got[1]).toBeGreaterThan(0.7);
  expect(got[2]).toBeGreaterThan(0.08);
  expect(shares(arms, 0.05, 400)).toEqual(got);
  expect(() => shares(arms, 0.5)).toThrow(/least share/);
});
