import { expect, it } from "vitest";
import { varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./cut-out.ts";

it("covers the stated share in the picture's proportions with its mean colour", async () => {
  const picture = { width: 40, height: 20, data: new Uint8Array(2400) };
  for (let i = 0; i < 2400; i += 3) picture.data.set(i % 2 ? [0, 40, 255] : [100, 41, 255], i);
  const { data } = await varied(augmentation, picture, { area: 0.25, x: 0.5, y: 0.5 });
  for (let y = 0; y < 20; y++)
    for (let x = 0; x < 40; x++) {
      const at = 3 * (y * 40 + x);
      const isInside = x >= 10 && x < 30 && y >= 5 && y < 15;
      // the mean of 40 and 41 is rounded up
      expect([...data.subarray(at, at + 3)]).toEqual(isInside ? [50, 41, 255] : [...picture.data.subarray(at, at + 3)]);
    }
});
