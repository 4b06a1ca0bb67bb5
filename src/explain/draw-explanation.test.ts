import sharp from "sharp";
import { expect, it } from "vitest";
import { cividis } from "./colour-map.ts";
import { drawExplanation } from "./draw-explanation.ts";

const plain = (level: number) => ({ width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(level) });

it("puts photo, overlay and scale on one picture, whatever the class is called", async () => {
  const png = await drawExplanation(plain(10), plain(200), "what speaks for <b>&\u0007 a name too long for its place");
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([122, 70, 3]);
  const at = (x: number, y: number): number[] => [...data.subarray(3 * (y * 122 + x), 3 * (y * 122 + x) + 3)];
  expect(at(30, 20)).toEqual([10, 10, 10]);
  expect(at(90, 20)).toEqual([200, 200, 200]);
  const start = 122 - 44 - 30;
  expect(at(start, 55)).toEqual([...cividis(0)]);
  expect(at(start + 29, 55)).toEqual([...cividis(1)]);
});
