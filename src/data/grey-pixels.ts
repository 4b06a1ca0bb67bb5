import type { Pixels } from "../base/preprocess.ts";

/** Grey levels, [height, width], as RGB. */
export const greyPixels = (levels: Uint8Array, width: number, height: number): Pixels => {
  const data = new Uint8Array(3 * levels.length);
  levels.forEach((level, i) => data.fill(level, 3 * i, 3 * i + 3));
  return { width, height, data };
};
