import { expect, it } from "vitest";
import { CELL_NUMBERS, cellsAt, isBorder, LOOK_SIDE, measurePhoto } from "./measure-photo.ts";

type Colour = readonly [number, number, number];

const photo = (colour: (x: number, y: number) => Colour): Uint8Array => {
  const rgb = new Uint8Array(LOOK_SIDE * LOOK_SIDE * 3);
  for (let i = 0; i < LOOK_SIDE * LOOK_SIDE; i++) rgb.set(colour(i % LOOK_SIDE, Math.floor(i / LOOK_SIDE)), 3 * i);
  return rgb;
};

const own = { width: 640, height: 480 };

it("measures a plain colour by hand", () => {
  const { brightness, contrast, black, white, sharpness, warmth, tint, size, shape, angle } = measurePhoto(
    photo(() => [204, 102, 51]),
    own,
  );
  expect(brightness).toBeCloseTo(0.299 * 0.8 + 0.587 * 0.4 + 0.114 * 0.2, 5);
  expect(contrast).toBeCloseTo(0, 5);
  expect([black, white]).toEqual([0, 0]);
  expect(sharpness).toBeCloseTo(0, 3);
  expect(warmth).toBeCloseTo((0.8 + 0.4) / 2 - 0.2, 5);
  expect(tint).toBeCloseTo((0.8 + 0.2) / 2 - 0.4, 5);
  expect(size).toBe(480);
  expect(shape).toBeCloseTo(4 / 3, 10);
  expect(angle).toEqual([0, 0]);
});

it("measures a half black, half white picture by hand", () => {
  const { brightness, contrast, black, white, sharpness, angle } = measurePhoto(
    photo((x) => (x < LOOK_SIDE / 2 ? [0, 0, 0] : [255, 255, 255])),
    own,
  );
  expect(brightness).toBeCloseTo(0.5, 5);
  expect(contrast).toBeCloseTo(0.5, 5);
  expect([black, white]).toEqual([0.5, 0.5]);
  // -255 on one column and 255 on the next, of 254 columns that have neighbours
  expect(sharpness).toBeCloseTo((2 * 255 ** 2) / 254, 1);
  expect(angle[0]).toBeCloseTo(1, 5);
  expect(angle[1]).toBeCloseTo(0, 5);
});

it("turns with the picture", () => {
  const rows = measurePhoto(
    photo((_, y) => [y % 16 < 8 ? 0 : 200, 0, 0]),
    own,
  );
  expect(rows.angle[0]).toBeCloseTo(-1, 5);
  const diagonal = measurePhoto(
    photo((x, y) => [(x + y) % 256, (x + y) % 256, (x + y) % 256]),
    own,
  );
  expect(diagonal.angle[1]).toBeCloseTo(1, 1);
});

it("tells border from middle", () => {
  const measures = measurePhoto(
    photo((x, y) => (Math.min(x, y) < 32 || Math.max(x, y) >= 224 ? [255, 0, 0] : [0, 0, 255])),
    own,
  );
  expect(Array.from({ length: 64 }, (_, cell) => cell).filter(isBorder)).toHaveLength(28);
  const border = cellsAt(measures, "border");
  const middle = cellsAt(measures, "middle");
  expect(border).toHaveLength(28 * CELL_NUMBERS);
  expect(middle).toHaveLength(36 * CELL_NUMBERS);
  for (let i = 0; i < border.length; i += CELL_NUMBERS) expect(border.slice(i, i + 3)).toEqual([1, 0, 0]);
  for (let i = 0; i < middle.length; i += CELL_NUMBERS) expect(middle.slice(i, i + 3)).toEqual([0, 0, 1]);
});
