import { expect, it } from "vitest";
import { pixel, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./brightness.ts";

it("multiplies levels, and stops at white", async () => {
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 1.2 })).data]).toEqual([120, 180, 240]);
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 2 })).data]).toEqual([200, 255, 255]);
  expect([...(await varied(augmentation, pixel(100, 150, 200), { factor: 0 })).data]).toEqual([0, 0, 0]);
});
