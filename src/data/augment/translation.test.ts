import { expect, it } from "vitest";
import { grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./translation.ts";

const picture = grey([
  [10, 20, 30, 40, 50],
  [60, 70, 80, 90, 100],
]);

it("shifts by whole pixels exactly, and mirrors the picture beyond its border", async () => {
  // 2 of 5 pixels to the right: what comes in from the left is the third, then the second pixel
  expect(levels(await varied(augmentation, picture, { x: 0.4, y: 0 }))).toEqual([
    [30, 20, 10, 20, 30],
    [80, 70, 60, 70, 80],
  ]);
  expect(levels(await varied(augmentation, picture, { x: -0.2, y: 0.5 }))).toEqual([
    [70, 80, 90, 100, 90],
    [20, 30, 40, 50, 40],
  ]);
});

it("shifts by half a pixel to the mean of neighbours", async () => {
  expect(levels(await varied(augmentation, picture, { x: -0.1, y: 0 }))[0]).toEqual([15, 25, 35, 45, 45]);
});
