import { expect, it } from "vitest";
import { drawn, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./gaussian-noise.ts";

const flat = drawn(201, 199, () => 128);
const noiseOf = async (seed: number): Promise<number[]> =>
  Array.from((await varied(augmentation, flat, { sigma: 0.1, seed })).data, (level) => level - 128);

it("has mean 0 and the stated deviation, and the tails of a Gaussian", async () => {
  const noise = await noiseOf(1);
  const n = noise.length;
  const moment = (power: number): number => noise.reduce((sum, x) => sum + x ** power, 0) / n;
  const deviation = 25.5;
  expect(Math.abs(moment(1))).toBeLessThan((5 * deviation) / Math.sqrt(n));
  // five standard errors of a variance: σ² √(2 / n); rounding adds 1 / 12
  expect(Math.abs(moment(2) - deviation ** 2 - 1 / 12)).toBeLessThan(5 * deviation ** 2 * Math.sqrt(2 / n));
  expect(Math.abs(moment(4) / moment(2) ** 2 - 3)).toBeLessThan(5 * Math.sqrt(24 / n));
  const beyondTwo = noise.filter((x) => Math.abs(x) > 2 * deviation).length / n;
  expect(beyondTwo).toBeGreaterThan(0.043);
  expect(beyondTwo).toBeLessThan(0.048);
});

it("is another for every pixel, channel and seed", async () => {
  const [one, two] = [await noiseOf(1), await noiseOf(2)];
  const n = one.length;
  const related = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0) / n / 25.5 ** 2;
  for (const lag of [1, 2, 3, 3 * 201]) expect(Math.abs(related(one.slice(lag), one))).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(related(one, two))).toBeLessThan(5 / Math.sqrt(n));
  expect(await noiseOf(1)).toEqual(one);
});
