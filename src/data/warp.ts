import type { Pixels } from "../base/preprocess.ts";

/**
 * A projective map of the plane, row-major 3 x 3: (x, y) goes to (h0 x + h1 y + h2, h3 x + h4 y + h5) / (h6 x + h7 y + h8).
 * Places are in pixels from the picture's centre, x to the right, y down.
 */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** `outer` after `inner`: the matrix product outer · inner. */
export const compose = (outer: Homography, inner: Homography): Homography => {
  const at = (i: number, j: number): number =>
    outer[3 * i]! * inner[j]! + outer[3 * i + 1]! * inner[3 + j]! + outer[3 * i + 2]! * inner[6 + j]!;
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
};

/** An index mirrored into 0 .. size - 1 about the outermost pixels: -1 is 1, size is size - 2. */
const mirrored = (i: number, size: number): number => {
  if (size === 1) return 0;
  const period = 2 * size - 2;
  const r = ((i % period) + period) % period;
  return r < size ? r : period - r;
};

/** Keeps the plane's far side, which a strong perspective would fold over, at a far but finite place. */
const NEAREST = 1e-6;

/**
 * The picture as seen through a map: bilinear, mirrored at the borders, so that no black corner gives a warp away.
 *
 * @param map  from places in the new picture to places in this one
 */
export const warp = ({ width, height, data }: Pixels, map: Homography): Pixels => {
  const out = new Uint8Array(data.length);
  const [a, b, c, d, e, f, g, h, i] = map;
  const cx = (width - 1) / 2;
  const cy = (height - 1) / 2;
  const stride = 3 * width;
  let at = 0;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      // plain variables throughout: unpacking lists here takes as long as all else
      const u = column - cx;
      const v = row - cy;
      const w = Math.max(g * u + h * v + i, NEAREST);
      const x = (a * u + b * v + c) / w + cx;
      const y = (d * u + e * v + f) / w + cy;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const right = x - left;
      const down = y - top;
      const isInside = left >= 0 && left < width - 1 && top >= 0 && top < height - 1;
      const upper = stride * (isInside ? top : mirrored(top, height));
      const lower = isInside ? upper + stride : stride * mirrored(top + 1, height);
      const x0 = 3 * (isInside ? left : mirrored(left, width));
      const x1 = isInside ? x0 + 3 : 3 * mirrored(left + 1, width);
      for (let channel = 0; channel < 3; channel++) {
        const p = data[upper + x0 + channel]!;
        const q = data[lower + x0 + channel]!;
        const above = p + right * (data[upper + x1 + channel]! - p);
        const below = q + right * (data[lower + x1 + channel]! - q);
        out[at++] = above + down * (below - above) + 0.5;
      }
    }
  return { width, height, data: out };
};
