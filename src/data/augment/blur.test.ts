import { expect, it } from "vitest";
import { drawn, grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./blur.ts";

it("spreads one bright pixel as a Gaussian does, and keeps its sum", async () => {
  const spot = drawn(15, 15, (x, y) => (x === 7 && y === 7 ? 255 : 0));
  const out = levels(await varied(augmentation, spot, { sigma: 1 }));
  const weights = [1, Math.exp(-0.5), Math.exp(-2), Math.exp(-4.5)];
  const sum = 1 + 2 * (weights[1]! + weights[2]! + weights[3]!);
  for (let y = 0; y < 15; y++)
    for (let x = 0; x < 15; x++) {
      const [across, down] = [weights[Math.abs(x - 7)] ?? 0, weights[Math.abs(y - 7)] ?? 0];
      expect(out[y]![x]).toBe(Math.round((255 * across * down) / sum ** 2));
    }
  // less what rounding some fifty bytes takes and adds
  expect(Math.abs(out.flat().reduce((a, b) => a + b) - 255)).toBeLessThanOrEqual(8);
  expect(out).toEqual(out.toReversed());
  expect(out).toEqual(out.map((row) => row.toReversed()));
});

it("lets the outermost pixel go on beyond the border, in each channel for itself", async () => {
  const half = [1, Math.exp(-2), Math.exp(-8)];
  const sum = 1 + 2 * (half[1]! + half[2]!);
  const row = { width: 3, height: 1, data: Uint8Array.from([200, 0, 10, 0, 0, 10, 0, 90, 10]) };
  const { data } = await varied(augmentation, row, { sigma: 0.5 });
  const far = [1 + half[1]! + half[2]!, half[1]! + half[2]!, half[2]!].map((weight) => weight / sum);
  expect([data[0], data[3], data[6]]).toEqual(far.map((weight) => Math.round(200 * weight)));
  expect([data[1], data[4], data[7]]).toEqual(far.toReversed().map((weight) => Math.round(90 * weight)));
  expect([data[2], data[5], data[8]]).toEqual([10, 10, 10]);
});

it("leaves a picture without detail alone", async () => {
  const flat = grey([[255, 255, 255]]);
  expect((await varied(augmentation, flat, { sigma: 20 })).data).toEqual(flat.data);
});
