import { expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { drawn, grey, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./rotation.ts";

const picture = (width: number, height: number) => {
  const random = createRandom(`${width} x ${height}`);
  return drawn(width, height, () => random.integer(256));
};

it("turns a quarter clockwise, exactly", async () => {
  const nine = grey([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);
  expect(levels(await varied(augmentation, nine, { degrees: 90 }))).toEqual([
    [7, 4, 1],
    [8, 5, 2],
    [9, 6, 3],
  ]);
  for (const side of [2, 33, 64]) {
    const before = levels(picture(side, side));
    const clockwise = levels(await varied(augmentation, picture(side, side), { degrees: 90 }));
    const back = levels(await varied(augmentation, picture(side, side), { degrees: -90 }));
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        expect(clockwise[x]![side - 1 - y]).toBe(before[y]![x]);
        expect(back[side - 1 - x]![y]).toBe(before[y]![x]);
      }
  }
});

it("turns half around exactly, also where width and height differ", async () => {
  for (const [width, height] of [
    [5, 3],
    [4, 7],
    [40, 31],
  ] as const) {
    const before = levels(picture(width, height));
    const wanted = before.map((row) => row.toReversed()).toReversed();
    expect(levels(await varied(augmentation, picture(width, height), { degrees: 180 }))).toEqual(wanted);
    expect(levels(await varied(augmentation, picture(width, height), { degrees: -180 }))).toEqual(wanted);
  }
});

it("turns a slope by any angle: what bilinear interpolation gives exactly", async () => {
  // level 100 + 4 x + 2 y about the centre of 21 x 21; at 30 degrees a new place (u, v) shows the old (c u + s v, c v - s u)
  const slope = drawn(21, 21, (x, y) => 100 + 4 * (x - 10) + 2 * (y - 10));
  const turned = levels(await varied(augmentation, slope, { degrees: 30 }));
  const [c, s] = [Math.sqrt(3) / 2, 0.5];
  for (let v = -5; v <= 5; v++)
    for (let u = -5; u <= 5; u++)
      expect(turned[v + 10]![u + 10]).toBe(Math.round(100 + 4 * (c * u + s * v) + 2 * (c * v - s * u)));
});
