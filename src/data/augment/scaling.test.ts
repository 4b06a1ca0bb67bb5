import { expect, it } from "vitest";
import { grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./scaling.ts";

const picture = grey([[0, 10, 20, 30, 40]]);

it("enlarges twice about the centre", async () => {
  expect(levels(await varied(augmentation, picture, { factor: 2 }))).toEqual([[10, 15, 20, 25, 30]]);
});

it("shrinks to a half, and mirrors the picture around it", async () => {
  // places -2, 0, 2, 4, 6 of the old picture; -2 is 2, and 6 is 2
  expect(levels(await varied(augmentation, picture, { factor: 0.5 }))).toEqual([[20, 0, 20, 40, 20]]);
});
