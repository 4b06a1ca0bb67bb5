import { describe, expect, it } from "vitest";
import type { Pixels } from "../base/preprocess.ts";
import { createRandom } from "../base/random.ts";
import { adaptiveInstanceNorm, channelStatistics } from "./adaptive-instance-norm.ts";
import { decodeImage } from "./image.ts";
import { encodePng } from "./synthetic.ts";
import { matchColours } from "./match-colours.ts";
import { pictureGrid } from "./picture-grid.ts";

describe("AdaIN", () => {
  it("by hand: the other's mean and deviation, channel by channel", () => {
    const content = { channels: 2, data: Float32Array.from([1, 3, 5, 5]) }; // means 2, 5; deviations 1, 0
    const style = channelStatistics({ channels: 2, data: Float32Array.from([10, 20, 7, 9]) });
    expect([...style.mean]).toEqual([15, 8]);
    expect([...style.deviation]).toEqual([5, 1]);
    expect([...adaptiveInstanceNorm(content, style).data]).toEqual([10, 20, 8, 8]);
    expect([...content.data]).toEqual([1, 3, 5, 5]);
  });

  it("leaves a map in its own style alone, and refuses another number of channels", () => {
    const random = createRandom("map");
    const map = { channels: 3, data: Float32Array.from({ length: 60 }, () => random.normal()) };
    const same = adaptiveInstanceNorm(map, channelStatistics(map)).data;
    same.forEach((v, i) => expect(v).toBeCloseTo(map.data[i]!, 5));
    const two = channelStatistics({ channels: 2, data: map.data });
    expect(() => adaptiveInstanceNorm(map, two)).toThrow(/AdaIN: wanted statistics of 3 channels, got 2/);
  });
});

/** A picture of colours near one. */
const cloud = (seed: string, colour: readonly [number, number, number], spread: number): Pixels => {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: 3 * 400 }, (_, i) =>
    Math.max(0, Math.min(255, Math.round(colour[i % 3]! + spread * random.normal()))),
  );
  return { width: 20, height: 20, data };
};

const meanColour = ({ data }: Pixels): number[] =>
  [0, 1, 2].map((c) => data.reduce((sum, v, i) => sum + (i % 3 === c ? v : 0), 0) / (data.length / 3));

describe("matched colours", () => {
  const [photo, style] = [cloud("photo", [60, 140, 70], 12), cloud("style", [200, 120, 40], 6)];

  it("are those of the other picture", () => {
    const made = meanColour(matchColours(photo, style));
    meanColour(style).forEach((v, c) => expect(Math.abs(made[c]! - v)).toBeLessThan(4));
  });

  it("stay as they are in a photo's own style, within rounding of the published matrices", () => {
    const made = matchColours(photo, photo);
    made.data.forEach((v, i) => expect(Math.abs(v - photo.data[i]!)).toBeLessThanOrEqual(2));
  });

  it("take black, white and one flat colour", () => {
    const black: Pixels = { width: 2, height: 1, data: Uint8Array.from([0, 0, 0, 255, 255, 255]) };
    expect(matchColours(black, style).data.length).toBe(6);
    const flat: Pixels = { width: 1, height: 1, data: Uint8Array.from([9, 9, 9]) };
    meanColour(matchColours(flat, style)).forEach((v, c) =>
      expect(Math.abs(v - meanColour(style)[c]!)).toBeLessThan(8),
    );
  });
});

it("a grid lays pictures out with white between, and PNG keeps every pixel", async () => {
  const one = (value: number): Pixels => ({ width: 1, height: 1, data: Uint8Array.from([value, value, value]) });
  const grid = pictureGrid([[one(1), one(2)], [one(3)]]);
  expect([grid.width, grid.height]).toEqual([4, 4]);
  const reds = Array.from(grid.data.filter((_, i) => i % 3 === 0));
  expect(reds).toEqual([1, 255, 255, 2, ...Array<number>(8).fill(255), 3, 255, 255, 255]);
  expect([...(await decodeImage(await encodePng(grid))).data]).toEqual([...grid.data]);
});
