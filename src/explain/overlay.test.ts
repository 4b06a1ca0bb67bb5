import { expect, it } from "vitest";
import { cividis } from "./colour-map.ts";
import { overlay } from "./overlay.ts";

it("lays the ends of the scale over the grey of the photo", () => {
  const photo = { width: 2, height: 1, data: Uint8Array.from([100, 100, 100, 255, 0, 0]) };
  const { data, width, height } = overlay(photo, { width: 2, height: 1, data: Float32Array.from([0, 3]) });
  expect([width, height]).toEqual([2, 1]);
  const mixed = (t: number, grey: number): number[] => cividis(t).map((c) => Math.round(0.6 * c + 0.4 * grey));
  expect([...data]).toEqual([...mixed(0, 100), ...mixed(1, 0.299 * 255)]);
  expect([...photo.data]).toEqual([100, 100, 100, 255, 0, 0]);
});
