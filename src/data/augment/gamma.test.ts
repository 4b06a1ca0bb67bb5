import { expect, it } from "vitest";
import { pixel, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./gamma.ts";

it("raises the share of white to the exponent", async () => {
  // 255 · (100 / 255)² = 39.2, (150 / 255)² · 255 = 88.2, (200 / 255)² · 255 = 156.9
  expect([...(await varied(augmentation, pixel(100, 150, 200), { exponent: 2 })).data]).toEqual([39, 88, 157]);
  expect([...(await varied(augmentation, pixel(0, 64, 255), { exponent: 0.5 })).data]).toEqual([0, 128, 255]);
});
