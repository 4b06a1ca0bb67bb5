import { expect, it } from "vitest";
import { pixel, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./hue.ts";

it("turns red to green and keeps the grey", async () => {
  // a third of the circle: (200, 100, 150), whose grey of 135.6 is 5.15 short
  expect([...(await varied(augmentation, pixel(100, 150, 200), { degrees: 120 })).data]).toEqual([205, 105, 155]);
  // the other way round: (150, 200, 100), of grey 173.65, 32.9 too much
  expect([...(await varied(augmentation, pixel(100, 150, 200), { degrees: -120 })).data]).toEqual([117, 167, 67]);
});

it("leaves greys alone", async () => {
  for (const degrees of [-180, -50, 18, 90])
    expect([...(await varied(augmentation, pixel(77, 77, 77), { degrees })).data]).toEqual([77, 77, 77]);
});
