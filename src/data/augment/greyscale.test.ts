import { expect, it } from "vitest";
import { pixel, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./greyscale.ts";

it("takes all colour at 1, half of it at a half", async () => {
  expect([...(await varied(augmentation, pixel(100, 150, 200), { amount: 1 })).data]).toEqual([141, 141, 141]);
  expect([...(await varied(augmentation, pixel(100, 150, 200), { amount: 0.5 })).data]).toEqual([120, 145, 170]);
});
