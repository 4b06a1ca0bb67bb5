import type { Pixels } from "../base/preprocess.ts";
import type { Random } from "../base/random.ts";
import type { Draw, Ranges } from "./augmentation.ts";

/** A picture with a defect, and where it is. */
export interface Defective {
  readonly pixels: Pixels;
  /** A byte for every pixel, row by row: 1 where the defect lies; everywhere else the picture is as it was. */
  readonly mask: Uint8Array;
}

/** A way to put a defect that nobody photographed into a picture without any. */
export interface Defect {
  readonly name: string;
  readonly paper: string;
  /** What parameters are drawn from. */
  readonly defaults: Ranges;
  readonly sample: (ranges: Ranges, random: Random) => Draw;
  /**
   * The same draw gives the same picture, of the same size.
   *
   * @param texture  of the size of the picture: what may show through a defect
   */
  readonly apply: (pixels: Pixels, draw: Draw, texture: Pixels) => Promise<Defective>;
}

/**
 * How much a defect stands out: mean difference to the picture it was put into, in levels (0-255), over its mask and all
 * channels.
 */
export const visibilityOf = (before: Pixels, { pixels, mask }: Defective): number => {
  let sum = 0;
  let count = 0;
  mask.forEach((inside, i) => {
    if (inside === 0) return;
    count += 3;
    for (let at = 3 * i; at < 3 * i + 3; at++) sum += Math.abs(pixels.data[at]! - before.data[at]!);
  });
  return count === 0 ? 0 : sum / count;
};
