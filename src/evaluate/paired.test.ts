import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import { holm, pairedDifference } from "./paired.ts";

test("six images of eight all better: the p-value is that of the sign test", () => {
  const { mean, p } = pairedDifference([1, 1, 1, 1, 1, 1, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7], createRandom(1));
  expect(mean).toBe(0.75);
  expect(p).toBeGreaterThan(0.025); // 2 / 2^6 = 0.03125
  expect(p).toBeLessThan(0.038);
});

test("near-copies count as one: six copies of one better image prove nothing", () => {
  const { p } = pairedDifference([1, 1, 1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 6, 7], createRandom(1));
  expect(p).toBe(1);
});

test("the interval is Student's over groups, in variance 1.25 times as wide", () => {
  const { mean, interval } = pairedDifference([1, 0, 1, 0], [0, 1, 2, 3], createRandom(1));
  // standard error: sqrt((4 · 0.25) · 4 / 3) / 4 = 0.288675; t of 3 degrees = 3.182446
  const half = 3.182446 * Math.sqrt(1.25) * 0.288675;
  expect(mean).toBe(0.5);
  expect(interval.low).toBeCloseTo(0.5 - half, 5);
  expect(interval.high).toBeCloseTo(0.5 + half, 5);
});

test("no difference anywhere is no difference", () => {
  expect(pairedDifference([0, 0, 0], [0, 1, 2], createRandom(1))).toEqual({
    mean: 0,
    interval: { low: 0, high: 0 },
    p: 1,
  });
});

test("under no difference p-values below 0.05 come in about one case of twenty", () => {
  const random = createRandom("level");
  const groups = Array.from({ length: 30 }, (_, i) => i);
  let small = 0;
  for (let run = 0; run < 200; run++) {
    const differences = groups.map(() => random.integer(3) - 1);
    if (pairedDifference(differences, groups, random.fork(run)).p < 0.05) small += 1;
  }
  expect(small).toBeLessThan(22); // 10 expected, three deviations above
});

test("Holm's steps by hand", () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  expect(holm([0.5, 0.9])).toEqual([1, 1]);
});
