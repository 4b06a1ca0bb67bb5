import { expect, it } from "vitest";
import { grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./shear.ts";

const nine = grey([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]);

it("leans to the right below the centre and to the left above it, by one pixel a row at 45 degrees", async () => {
  expect(levels(await varied(augmentation, nine, { x: 45, y: 0 }))).toEqual([
    [2, 3, 2],
    [4, 5, 6],
    [8, 7, 8],
  ]);
});

it("sinks on the right", async () => {
  expect(levels(await varied(augmentation, nine, { x: 0, y: 45 }))).toEqual([
    [4, 2, 6],
    [7, 5, 3],
    [4, 8, 6],
  ]);
});
