import { expect, it } from "vitest";
import { drawn, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./random-erasing.ts";

const flat = drawn(100, 100, () => 7);

it("covers the stated area, at the stated place, with noise of all levels", async () => {
  const out = levels(await varied(augmentation, flat, { area: 0.25, ratio: 1, x: 0, y: 1, seed: 5 }));
  const inside: number[] = [];
  out.forEach((row, y) =>
    row.forEach((level, x) => {
      if (x < 50 && y >= 50) inside.push(level);
      else expect(level).toBe(7);
    }),
  );
  expect(inside.length).toBe(2500);
  const mean = inside.reduce((a, b) => a + b) / inside.length;
  expect(Math.abs(mean - 127.5)).toBeLessThan((5 * 74) / Math.sqrt(inside.length)); // 74: deviation of 0 .. 255
  expect(new Set(inside).size).toBe(256);
});

it("covers a wide part where the ratio says so: 80 x 20 for an area of 0.16 and a ratio of 4", async () => {
  const { data } = await varied(augmentation, flat, { area: 0.16, ratio: 4, x: 1, y: 0, seed: 5 });
  const changed = [...Array(10000).keys()].filter((i) => data.subarray(3 * i, 3 * i + 3).some((level) => level !== 7));
  const [xs, ys] = [changed.map((i) => i % 100), changed.map((i) => Math.floor(i / 100))];
  expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([20, 99, 0, 19]);
});
