import { expect, it } from "vitest";
import { drawn, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./random-resized-crop.ts";

const picture = drawn(8, 8, (x, y) => 10 * x + 100 * (y < 4 ? 0 : 1));

it("enlarges a quarter at the stated corner", async () => {
  const corner = levels(await varied(augmentation, picture, { area: 0.25, ratio: 1, x: 0, y: 0 }));
  // pixel k of the new row lies at k / 2 - 1 / 4 of the old one; a half is rounded up
  expect(corner[3]).toEqual([3, 3, 8, 13, 18, 23, 28, 33]);
  const other = levels(await varied(augmentation, picture, { area: 0.25, ratio: 1, x: 1, y: 1 }));
  expect(other[5]).toEqual([138, 143, 148, 153, 158, 163, 168, 168]);
});

it("takes a part of other proportions: a quarter of the width, all of the height", async () => {
  const rows = levels(await varied(augmentation, picture, { area: 0.25, ratio: 0.25, x: 0.5, y: 0 }));
  // half of the width would be square: √(0.25 · 0.25) = 1 / 4 across, √(0.25 / 0.25) = 1 down
  expect(rows.map((row) => row[0])).toEqual([26, 26, 26, 26, 126, 126, 126, 126]);
  expect(rows[0]!.at(-1)).toBe(44);
});
