import { describe, expect, it } from "vitest";
import type { Pixels } from "../../base/preprocess.ts";
import { defect as scar } from "./cut-paste-scar.ts";
import { defect } from "./cut-paste.ts";

/** A grey picture of 8 x 4: column c, row r is 10 r + c. */
const pixels: Pixels = {
  width: 8,
  height: 4,
  data: Uint8Array.from({ length: 96 }, (_, i) => 10 * Math.floor(i / 24) + (Math.floor(i / 3) % 8)),
};
const still = { brightness: 1, contrast: 1, saturation: 1, hue: 0, degrees: 0 };

/** The red channel, row by row. */
const rowsOf = ({ width, height, data }: Pixels): number[][] =>
  Array.from({ length: height }, (_, r) => Array.from({ length: width }, (_, c) => data[3 * (r * width + c)]!));

describe("CutPaste", () => {
  it("pastes the patch from the upper left into the lower right", async () => {
    // a share of 3/16 at 1.5 times as wide as high is 3 x 2 of 32 pixels
    const draw = { ...still, area: 3 / 16, ratio: 1.5, fromX: 0, fromY: 0, toX: 1, toY: 1 };
    const made = await defect.apply(pixels, draw, pixels);
    expect(rowsOf(made.pixels)).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [10, 11, 12, 13, 14, 15, 16, 17],
      [20, 21, 22, 23, 24, 0, 1, 2],
      [30, 31, 32, 33, 34, 10, 11, 12],
    ]);
    expect(made.mask.reduce((a, b) => a + b)).toBe(6);
    expect([...made.mask.subarray(21, 24), ...made.mask.subarray(29)]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("turns the patch by a quarter, clockwise", async () => {
    const draw = { ...still, area: 3 / 16, ratio: 1.5, fromX: 0, fromY: 0, toX: 1, toY: 0, degrees: 90 };
    const made = await defect.apply(pixels, draw, pixels);
    expect(rowsOf(made.pixels).map((row) => row.slice(6))).toEqual([
      [10, 0],
      [11, 1],
      [12, 2],
      [36, 37],
    ]);
  });

  it("changes the patch's colours alone", async () => {
    const draw = { ...still, brightness: 2, area: 3 / 16, ratio: 1.5, fromX: 1, fromY: 0, toX: 0, toY: 1 };
    const [, , , last] = rowsOf((await defect.apply(pixels, draw, pixels)).pixels);
    expect(last).toEqual([30, 32, 34, 33, 34, 35, 36, 37]); // 15, 16, 17 twice as light
  });

  it("makes a scar of the width and length drawn, whatever its turn", async () => {
    const side = 256;
    const noise = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 7919) % 251);
    for (const degrees of [-45, 0, 30]) {
      const draw = {
        ...still,
        degrees,
        width: 10 / side,
        length: 25 / side,
        fromX: 0.2,
        fromY: 0.3,
        toX: 0.7,
        toY: 0.6,
      };
      const { mask } = await scar.apply({ width: side, height: side, data: noise }, draw, pixels);
      expect(Math.abs(mask.reduce((a, b) => a + b) - 250)).toBeLessThan(15);
    }
  });
});
