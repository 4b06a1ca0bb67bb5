import { describe, expect, it } from "vitest";
import type { Preprocess } from "../base/preprocess.ts";
import { fitVolume, middleSlice, type Volume } from "./volume.ts";

const settings = (size: readonly [number, number, number], more: Partial<Preprocess> = {}): Preprocess => ({
  depth: size[0],
  height: size[1],
  width: size[2],
  fit: "squash",
  resizeTo: size[2],
  background: [0, 0, 0],
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "RGB",
  window: { low: 0, high: 255 },
  ...more,
});

const volumeOf = (
  size: Volume["size"],
  value: (z: number, y: number, x: number) => number,
  spacing: Volume["spacing"] = [1, 1, 1],
): Volume => {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let z = 0; z < size[0]; z++)
    for (let y = 0; y < size[1]; y++) for (let x = 0; x < size[2]; x++) data[at++] = value(z, y, x);
  return { size, spacing, data };
};

describe("a volume as network input", () => {
  it("of the input's size stays as it is, through the window", () => {
    const volume = volumeOf([2, 2, 3], (z, y, x) => 100 * z + 10 * y + x);
    expect([...fitVolume(volume, settings([2, 2, 3]))]).toEqual([...volume.data]);
    const window = { low: 0, high: 102 };
    expect([...fitVolume(volume, settings([2, 2, 3], { window }))]).toEqual(
      [...volume.data].map((x) => Math.min(255, Math.round((255 * x) / 102))),
    );
  });

  it("is averaged along each axis where it is larger", () => {
    const volume = volumeOf([8, 8, 8], (z, y, x) => 2 * x + 8 * y + 16 * z);
    const input = fitVolume(volume, settings([4, 4, 4]));
    const at = (z: number, y: number, x: number): number => input[(z * 4 + y) * 4 + x]!;
    // a straight line stays one: the middle of two voxels is their mean
    expect(at(1, 1, 1)).toBe(2 * 2.5 + 8 * 2.5 + 16 * 2.5);
    expect(at(2, 1, 1) - at(1, 1, 1)).toBe(32);
    expect(at(1, 2, 1) - at(1, 1, 1)).toBe(16);
    expect(at(1, 1, 2) - at(1, 1, 1)).toBe(4);
  });

  it("of a stated spacing is resampled to it, then cut or filled with black about the centre", () => {
    // 2 mm planes: 4 planes become 8 at 1 mm, of which the middle 6 are seen; 2 columns stand amid 4
    const volume = volumeOf([4, 6, 2], () => 200, [2, 1, 1]);
    const input = fitVolume(volume, settings([6, 6, 4], { spacing: 1 }));
    const row = [...input.subarray(0, 4)];
    expect(row).toEqual([0, 200, 200, 0]);
    expect(input.filter((level) => level === 200)).toHaveLength(6 * 6 * 2);
  });

  it("without a window goes from darkest to brightest but for the wildest", () => {
    const volume = volumeOf([10, 10, 10], (z, y, x) => (z + y + x === 0 ? 1e5 : 100 + x));
    const input = fitVolume(volume, settings([10, 10, 10], { window: undefined }));
    expect(input[1]).toBeGreaterThan(20);
    expect(input[9]).toBe(255);
    expect(input[10]).toBe(0);
  });
});

it("the middle plane is shown front up", () => {
  const { width, height, data } = middleSlice(
    volumeOf([3, 2, 2], (z, y, x) => 100 * z + 10 * y + x),
    { low: 0, high: 255 },
  );
  expect([width, height]).toEqual([2, 2]);
  expect([...data]).toEqual([110, 110, 110, 111, 111, 111, 100, 100, 100, 101, 101, 101]);
});
