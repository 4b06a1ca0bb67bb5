import { expect, it } from "vitest";
import { grey, levels, pixel, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./contrast.ts";

it("goes towards or away from the mean grey", async () => {
  // grey of the one pixel: 0.299 · 100 + 0.587 · 150 + 0.114 · 200 = 140.75
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 0.5 })).data]).toEqual([120, 145, 170]);
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 0 })).data]).toEqual([141, 141, 141]);
  expect(levels(await varied(augmentation, grey([[60, 100, 200]]), { factor: 2 }))).toEqual([[0, 80, 255]]);
});
