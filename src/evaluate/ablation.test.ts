import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import { compareArms, recommendArm } from "./ablation.ts";

const images = 40;
const groups = Int32Array.from({ length: images }, (_, i) => i);
const rightOf = (name: string, right: (i: number) => boolean) => ({
  name,
  right: Float64Array.from(groups, (i) => (right(i) ? 1 : 0)),
});
const none = rightOf("none", (i) => i < 20);

test("a gain of twelve images of forty is proven, one of three is not, and a loss never is", () => {
  const arms = compareArms(
    [none, rightOf("much", (i) => i < 32), rightOf("little", (i) => i < 23), rightOf("worse", (i) => i < 5)],
    groups,
    createRandom(1),
  );
  expect(arms.map(({ proven }) => proven)).toEqual([false, true, false, false]);
  expect(arms[1]!.difference!.mean).toBeCloseTo(0.3);
  expect(arms[0]!.difference).toBeNull();
  expect(arms[0]!.accuracy.value).toBe(0.5);
  expect(recommendArm(arms).name).toBe("much");
});

test("where nothing is proven, none is recommended", () => {
  const arms = compareArms([none, rightOf("little", (i) => i < 23)], groups, createRandom(1));
  expect(recommendArm(arms).name).toBe("none");
});

test("the more arms, the more it takes: a gain that is proven alone is not among twenty", () => {
  const gain = rightOf("gain", (i) => i < 27); // seven of seven: p = 2 / 2^7 = 0.016
  const idle = Array.from({ length: 19 }, (_, k) => rightOf(`idle ${k}`, (i) => i < 20));
  expect(compareArms([none, gain], groups, createRandom(1))[1]!.proven).toBe(true);
  expect(compareArms([none, gain, ...idle], groups, createRandom(1))[1]!.proven).toBe(false);
});

test("where credit is given it must rise beyond chance, and accuracy with it", () => {
  const images = 12;
  const groups = Int32Array.from({ length: images }, (_, i) => i);
  const all = (value: number): Float64Array => new Float64Array(images).fill(value);
  const oneMore = all(0).map((_, i) => (i === 0 ? 1 : 0));
  const base = { name: "none", right: all(0), credit: all(0.4) };
  const surer = { name: "surer", right: oneMore, credit: all(0.6) };
  const noMoreRight = { name: "no more right", right: all(0), credit: all(0.6) };
  const noSurer = { name: "no surer", right: oneMore, credit: all(0.4) };
  const arms = compareArms([base, surer, noMoreRight, noSurer], groups, createRandom(1));
  expect(arms.map(({ proven }) => proven)).toEqual([false, true, false, false]);
  // all twelve rise: 2 of 2^12 signs are as far from nothing, three are tried
  expect(arms[1]!.difference!.adjusted).toBeLessThan(0.01);
});
