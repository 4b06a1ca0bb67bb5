import type { Pixels } from "../base/preprocess.ts";
import { internalError } from "../base/errors.ts";

/** White pixels between pictures. */
const GAP = 2;

/**
 * Pictures side by side on white, row under row, for people to look at.
 *
 * @param rows  pictures of one size all; rows may be shorter than the longest
 */
export const pictureGrid = (rows: readonly (readonly Pixels[])[]): Pixels => {
  const [first] = rows.flat();
  if (!first) throw internalError("a grid of no pictures");
  const columns = Math.max(...rows.map((row) => row.length));
  const width = columns * (first.width + GAP) - GAP;
  const height = rows.length * (first.height + GAP) - GAP;
  const data = new Uint8Array(3 * width * height).fill(255);
  rows.forEach((row, r) =>
    row.forEach((picture, c) => {
      if (picture.width !== first.width || picture.height !== first.height)
        throw internalError(
          `a grid of pictures of ${first.width} x ${first.height} and ${picture.width} x ${picture.height}`,
        );
      for (let y = 0; y < picture.height; y++) {
        const line = picture.data.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width);
        data.set(line, 3 * ((r * (first.height + GAP) + y) * width + c * (first.width + GAP)));
      }
    }),
  );
  return { width, height, data };
};
