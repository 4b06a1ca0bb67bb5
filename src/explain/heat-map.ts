import { argmax } from "../base/matrix.ts";

/** How much every part of a picture speaks for a class; the map covers the picture as the network sees it. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  /** Row by row; what speaks against the class counts as 0, so all are >= 0. */
  readonly data: Float32Array;
}

/** Left, top, width and height in parts of the picture, each in [0, 1]. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Whether nothing in the picture speaks for the class. */
export const isFlat = ({ data }: HeatMap): boolean => data.every((v) => v === 0);

/** The map divided by its largest entry; a flat one stays as it is. */
export const scaledToOne = (map: HeatMap): HeatMap => {
  const most = map.data.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? map : { ...map, data: map.data.map((v) => v / most) };
};

/** How far [from, from + length] covers each of `cells` cells of [0, 1], in parts of a cell. */
const covered = (from: number, length: number, cells: number): number[] =>
  Array.from({ length: cells }, (_, i) =>
    Math.max(0, Math.min((from + length) * cells, i + 1) - Math.max(from * cells, i)),
  );

/**
 * The share of the map's mass inside a region, in [0, 1]; cells that the region cuts count in part. 0 for a flat map.
 *
 * @see Wang et al. 2020, section 4.3, "energy-based pointing game". https://arxiv.org/abs/1910.01279
 */
export const massInside = ({ width, height, data }: HeatMap, region: Region): number => {
  const columns = covered(region.left, region.width, width);
  const rows = covered(region.top, region.height, height);
  let [inside, all] = [0, 0];
  data.forEach((v, i) => {
    all += v;
    inside += v * columns[i % width]! * rows[Math.floor(i / width)]!;
  });
  return all === 0 ? 0 : inside / all;
};

/**
 * Whether the cell with the largest entry lies in a region or touches it: the pointing game.
 *
 * @see Zhang et al. 2016, section 4.1. https://arxiv.org/abs/1608.00507
 */
export const peaksIn = ({ width, height, data }: HeatMap, { left, top, width: w, height: h }: Region): boolean => {
  const peak = argmax(data);
  const [x, y] = [peak % width, Math.floor(peak / width)];
  return (x + 1) / width > left && x / width < left + w && (y + 1) / height > top && y / height < top + h;
};

/** The map at another size, bilinear between the middles of cells, as pictures are enlarged. */
export const resized = (map: HeatMap, width: number, height: number): HeatMap => {
  const [xs, ys] = [between(map.width, width), between(map.height, height)];
  const data = new Float32Array(width * height);
  ys.forEach(([top, bottom, v], y) =>
    xs.forEach(([left, right, u], x) => {
      const at = (row: number, column: number): number => map.data[row * map.width + column]!;
      const above = at(top, left) * (1 - u) + at(top, right) * u;
      const below = at(bottom, left) * (1 - u) + at(bottom, right) * u;
      data[y * width + x] = above * (1 - v) + below * v;
    }),
  );
  return { width, height, data };
};

/** For each of `to` places the two cells of `from` it lies between, and how far towards the second. */
const between = (from: number, to: number): (readonly [first: number, second: number, part: number])[] =>
  Array.from({ length: to }, (_, i) => {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(at);
    return [first, Math.min(first + 1, from - 1), at - first];
  });
