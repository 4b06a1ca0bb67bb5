import { expect, it } from "vitest";
import { drawn, grey, levels } from "../../test/fixtures/pictures.ts";
import { augmentation as rotation } from "./augment/rotation.ts";
import { augmentation as translation } from "./augment/translation.ts";
import type { Draw, Geometry } from "./augmentation.ts";
import { applyDraws } from "./policy.ts";
import { compose, IDENTITY, warp, type Homography } from "./warp.ts";

/** One bright pixel right of the centre of 7 x 7. */
const spot = drawn(7, 7, (x, y) => (x === 4 && y === 3 ? 255 : 0));

const brightOf = (rows: number[][]): [x: number, y: number] => {
  const y = rows.findIndex((row) => row.includes(255));
  return [rows[y]!.indexOf(255), y];
};

const turn = { augmentation: "rotation", draw: { degrees: 90 } };
const shift = { augmentation: "translation", draw: { x: 1 / 7, y: 0 } };
const mapOf = (member: unknown, draw: Draw): Homography => (member as Geometry).map(draw, spot);

it("applies maps in their order: turn then shift, and shift then turn, by hand", async () => {
  // right of the centre, turned a quarter clockwise: below it; shifted by 1: right and below
  expect(brightOf(levels(await applyDraws(spot, [turn, shift])))).toEqual([4, 4]);
  // shifted by 1: two right of the centre; turned: two below it
  expect(brightOf(levels(await applyDraws(spot, [shift, turn])))).toEqual([3, 5]);
});

it("composes to the matrix product, outer after inner", () => {
  const [r, t] = [mapOf(rotation, turn.draw), mapOf(translation, shift.draw)];
  // the new (u, v) of turn-then-shift comes from the turn of (u - 1, v), which is (v, 1 - u)
  const wanted = [0, 1, 0, -1, 0, 1, 0, 0, 1];
  compose(r, t).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 12));
  expect(compose(IDENTITY, r)).toEqual(r);
  expect(compose(r, IDENTITY)).toEqual(r);
  const projective: Homography = [1, 2, 3, 4, 5, 6, 0.1, 0.2, 1];
  expect(compose(projective, [1, 0, 1, 0, 1, -1, 0, 0, 1])).toEqual([1, 2, 2, 4, 5, 5, 0.1, 0.2, 0.9]);
});

it("gives the composed warp what the single warps give, where they do not interpolate", () => {
  const picture = drawn(7, 7, (x, y) => 7 * y + x);
  const [r, t] = [mapOf(rotation, turn.draw), mapOf(translation, shift.draw)];
  // without the column that a single shift fills from beyond the border
  const inner = (rows: number[][]): number[][] => rows.map((row) => row.slice(1));
  expect(inner(levels(warp(picture, compose(r, t))))).toEqual(inner(levels(warp(warp(picture, r), t))));
});

it("interpolates between four neighbours", () => {
  const four = grey([
    [0, 100],
    [40, 220],
  ]);
  // a quarter to the right and half down from the upper left pixel: 0.5 (25) + 0.5 (40 + 45)
  const out = levels(warp(four, [1, 0, 0.25, 0, 1, 0.5, 0, 0, 1]));
  expect(out[0]![0]).toBe(55);
});

it("mirrors however far beyond the border", () => {
  const row = grey([[1, 2, 3]]);
  // the place k pixels to the right of the first, mirrored about first and last: 1 2 3 2 1 2 3 2 …
  const first = (k: number): number => levels(warp(row, [1, 0, k, 0, 1, 0, 0, 0, 1]))[0]![0]!;
  expect([-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 4001].map(first)).toEqual([1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 2]);
});

it("keeps finite where a perspective would fold the plane over", () => {
  const { data } = warp(spot, [1, 0, 0, 0, 1, 0, 1, 1, 0]);
  expect(data.length).toBe(spot.data.length);
});
