import { expect, it } from "vitest";
import { isFlat, massInside, peaksIn, resized, scaledToOne } from "./heat-map.ts";

const map = { width: 2, height: 2, data: Float32Array.from([1, 2, 3, 4]) };

it("gives the share of the mass inside a region, cells cut in part", () => {
  expect(massInside(map, { left: 0, top: 0, width: 1, height: 1 })).toBe(1);
  expect(massInside(map, { left: 0.5, top: 0, width: 0.5, height: 0.5 })).toBeCloseTo(0.2);
  expect(massInside(map, { left: 0.25, top: 0.5, width: 0.5, height: 0.5 })).toBeCloseTo((3 / 2 + 4 / 2) / 10);
  expect(massInside({ ...map, data: new Float32Array(4) }, { left: 0, top: 0, width: 1, height: 1 })).toBe(0);
});

it("says whether the largest cell touches a region", () => {
  expect(peaksIn(map, { left: 0.9, top: 0.9, width: 0.1, height: 0.1 })).toBe(true);
  expect(peaksIn(map, { left: 0, top: 0, width: 0.5, height: 1 })).toBe(false);
  expect(peaksIn(map, { left: 0, top: 0, width: 0.51, height: 0.51 })).toBe(true);
});

it("scales the largest entry to 1 and leaves a flat map alone", () => {
  expect([...scaledToOne(map).data]).toEqual([0.25, 0.5, 0.75, 1]);
  const flat = { width: 1, height: 2, data: new Float32Array(2) };
  expect(scaledToOne(flat)).toBe(flat);
  expect([isFlat(flat), isFlat(map)]).toEqual([true, false]);
});

it("enlarges between the middles of cells", () => {
  const row = resized({ width: 2, height: 1, data: Float32Array.from([0, 4]) }, 4, 2);
  expect([...row.data]).toEqual([0, 1, 3, 4, 0, 1, 3, 4]);
  expect([...resized(map, 2, 2).data]).toEqual([1, 2, 3, 4]);
});
