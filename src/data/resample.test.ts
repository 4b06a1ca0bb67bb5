import { expect, it } from "vitest";
import type { Pixels } from "../base/preprocess.ts";
import { resample } from "./resample.ts";

const row = (...levels: number[]): Pixels => ({
  width: levels.length,
  height: 1,
  data: Uint8Array.from(levels.flatMap((l) => [l, l, l])),
});

const whole = (width: number, height: number) => ({
  resizedWidth: width,
  resizedHeight: height,
  left: 0,
  top: 0,
  width,
  height,
});

const reds = (bytes: Uint8Array): number[] => [...bytes].filter((_, i) => i % 3 === 0);

it("interpolates between pixel centres when enlarging", () => {
  expect(reds(resample(row(0, 100), whole(4, 1)))).toEqual([0, 25, 75, 100]);
});

it("averages by a triangle as wide as the scale when shrinking", () => {
  // Weights 0.75, 0.75, 0.25 over the three nearest: 100 * 0.25 / 1.75 = 14.3
  expect(reds(resample(row(0, 0, 100, 100), whole(2, 1)))).toEqual([14, 86]);
});

it("leaves a picture of the same size alone, and one colour that colour", () => {
  const picture: Pixels = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => 255 - i * 14) };
  expect(resample(picture, whole(3, 2))).toEqual(picture.data);
  const plain: Pixels = { width: 7, height: 5, data: new Uint8Array(105).fill(201) };
  for (const [width, height] of [
    [1, 1],
    [3, 40],
    [200, 2],
    [7, 1],
  ] as const)
    expect(new Set(resample(plain, whole(width, height)))).toEqual(new Set([201]));
});

it("computes a window of the whole, and background where the window reaches beyond", () => {
  const picture: Pixels = { width: 30, height: 20, data: Uint8Array.from({ length: 1800 }, (_, i) => (i * 37) % 256) };
  const all = resample(picture, whole(50, 41));
  const part = resample(picture, { ...whole(50, 41), left: 9, top: 7, width: 11, height: 13 });
  for (let y = 0; y < 13; y++) {
    const start = ((y + 7) * 50 + 9) * 3;
    expect(part.subarray(y * 33, y * 33 + 33)).toEqual(all.subarray(start, start + 33));
  }
  const beyond = resample(row(5, 5), { ...whole(2, 1), left: -1, top: -1, width: 4, height: 3 }, [1, 2, 3]);
  expect(reds(beyond)).toEqual([1, 1, 1, 1, 1, 5, 5, 1, 1, 1, 1, 1]);
  expect(new Set(resample(row(5), { ...whole(1, 1), left: 5 }, [9, 9, 9]))).toEqual(new Set([9]));
});

it("takes shapes far beyond the scratch memory it keeps", () => {
  const large: Pixels = { width: 5000, height: 2500, data: new Uint8Array(5000 * 2500 * 3).fill(130) };
  expect(new Set(resample(large, whole(7, 9)))).toEqual(new Set([130]));
  expect(reds(resample(row(0, 100), whole(4, 1)))).toEqual([0, 25, 75, 100]);
});

// Pillow 12.3: Image.resize((w, h), Image.BILINEAR) of the 13 x 9 picture below.
const pillow: Readonly<Record<string, readonly number[]>> = {
  "5x4": [
    26, 76, 126, 100, 143, 161, 135, 125, 120, 144, 116, 120, 122, 107, 135, 54, 104, 154, 132, 147, 143, 132, 113, 130,
    139, 114, 150, 103, 133, 157, 86, 136, 180, 142, 156, 125, 117, 124, 123, 115, 141, 103, 138, 151, 120, 114, 164,
    197, 166, 138, 103, 140, 110, 160, 154, 92, 125, 148, 121, 106,
  ],
  "3x12": [
    44, 94, 129, 153, 144, 114, 142, 150, 106, 53, 103, 138, 128, 134, 126, 130, 106, 120, 65, 109, 150, 120, 118, 140,
    132, 88, 138, 77, 111, 157, 134, 104, 150, 141, 105, 155, 88, 122, 145, 145, 119, 141, 111, 122, 172, 99, 133, 152,
    140, 133, 123, 101, 139, 144, 105, 145, 164, 125, 147, 113, 107, 157, 116, 106, 152, 169, 111, 152, 114, 124, 165,
    104, 117, 140, 145, 126, 108, 115, 141, 127, 121, 128, 147, 150, 140, 102, 127, 158, 105, 112, 140, 159, 162, 154,
    109, 141, 154, 105, 114, 149, 168, 171, 166, 121, 153, 132, 119, 128,
  ],
  "17x2": [
    28, 78, 128, 34, 84, 134, 47, 97, 147, 67, 117, 167, 96, 146, 193, 134, 182, 162, 170, 152, 106, 165, 99, 77, 77,
    87, 137, 118, 156, 167, 159, 121, 127, 160, 96, 111, 105, 148, 176, 131, 86, 100, 134, 134, 138, 113, 146, 164, 78,
    89, 139, 76, 126, 176, 84, 134, 184, 100, 150, 200, 122, 172, 195, 154, 204, 108, 195, 135, 71, 148, 91, 89, 85, 93,
    143, 107, 157, 207, 181, 112, 101, 138, 104, 116, 110, 117, 135, 176, 138, 86, 89, 120, 151, 134, 114, 118, 162,
    137, 102, 129, 179, 136,
  ],
};

it("agrees with Pillow's bilinear to one level", () => {
  const [width, height] = [13, 9];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return (x * x * 7 + y * 13 + c * 50 + x * y) % 256;
  });
  for (const [size, wanted] of Object.entries(pillow)) {
    const [w, h] = size.split("x").map(Number) as [number, number];
    const got = resample({ width, height, data }, whole(w, h));
    expect(got.length).toBe(wanted.length);
    got.forEach((level, i) => expect(Math.abs(level - wanted[i]!)).toBeLessThanOrEqual(1));
  }
});
