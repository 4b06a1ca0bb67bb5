import { expect, it } from "vitest";
import { assignArm, sharesOf } from "./assign-arm.ts";

const keys = Array.from({ length: 4000 }, (_, i) => `user-${i}`);
const arms = (a: number, b: number, c: number) => [
  { name: "a", weight: a },
  { name: "b", weight: b },
  { name: "c", weight: c },
];

it("gives every arm its share within what chance allows", () => {
  const weights = [90, 7, 3];
  const got = keys.map((key) => assignArm(arms(90, 7, 3), "salt", key));
  ["a", "b", "c"].forEach((name, i) => {
    const p = weights[i]! / 100;
    const share = got.filter((arm) => arm === name).length / keys.length;
    expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / keys.length));
  });
});

it("is the same for ever: a program in Python worked these out from the words above the function", () => {
  const got = Array.from({ length: 16 }, (_, i) => assignArm(arms(50, 30, 20), "2026-11", `key ${i}`));
  expect(got.join("")).toBe("abbcaaaaaaaaacca");
  expect(["", "ä"].map((key) => assignArm(arms(50, 30, 20), "2026-11", key))).toEqual(["a", "a"]);
});

it("moves no key between arms that neither gain nor lose, and as few as must move", () => {
  const before = keys.map((key) => assignArm(arms(60, 30, 10), "s", key));
  const after = keys.map((key) => assignArm(arms(40, 30, 30), "s", key));
  const moves = keys.flatMap((_, i) => (before[i] === after[i] ? [] : [`${before[i]}>${after[i]}`]));
  expect(moves).not.toContain("c>a");
  expect(moves).not.toContain("c>b");
  expect(moves).not.toContain("b>a");
  expect(moves.length / keys.length).toBeLessThan(0.2 + 0.06); // 20 points change hands; b loses and gains a little
  expect(keys.map((key) => assignArm(arms(6, 3, 1), "s", key))).toEqual(before);
});

it("divides keys anew under another salt", () => {
  const same = keys.filter((key) => assignArm(arms(1, 1, 0), "x", key) === assignArm(arms(1, 1, 0), "y", key));
  expect(Math.abs(same.length / keys.length - 0.5)).toBeLessThan(0.04);
});

it("gives an arm of weight 0 nothing, one of all weight everything, and refuses weights that are none", () => {
  expect(new Set(keys.map((key) => assignArm(arms(0, 5, 0), "s", key)))).toEqual(new Set(["b"]));
  expect(sharesOf(arms(1, 1, 2))).toEqual([0.25, 0.25, 0.5]);
  for (const wrong of [arms(0, 0, 0), arms(-1, 2, 0), arms(Number.NaN, 1, 1), arms(Infinity, 1, 1), []])
    expect(() => sharesOf(wrong)).toThrow(/weights of arms/);
});
