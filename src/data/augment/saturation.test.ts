import { expect, it } from "vitest";
import { pixel, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./saturation.ts";

it("goes towards or away from the pixel's grey", async () => {
  // grey 140.75: 140.75 + factor · (level - 140.75)
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 0.5 })).data]).toEqual([120, 145, 170]);
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 2 })).data]).toEqual([59, 159, 255]);
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 0 })).data]).toEqual([141, 141, 141]);
});
