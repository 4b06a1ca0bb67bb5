import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Pixels, Preprocess } from "../base/preprocess.ts";
import { decodeImage } from "./image.ts";
import { preprocessImage, preprocessPixels } from "./preprocess.ts";

const settings: Preprocess = {
  height: 32,
  width: 48,
  fit: "crop",
  resizeTo: 64,
  background: [9, 99, 199],
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "RGB",
};

/** Red tells x and green y, both 0-255 across the picture; blue is fine texture. */
const map = (width: number, height: number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return c === 0 ? (255 * (x + 0.5)) / width : c === 1 ? (255 * (y + 0.5)) / height : (x * 31 + y * 57) % 256;
  }),
});

const png = async ({ width, height, data }: Pixels): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

/** Where in the picture a pixel of the network's input comes from, 0 .. 1 each way. */
const origin = (input: Uint8Array, x: number, y: number): [number, number] => {
  const p = (y * settings.width + x) * 3;
  return [input[p]! / 255, input[p + 1]! / 255];
};

describe("geometry", () => {
  it("crops the middle after resizing the shorter side", async () => {
    // 300 x 200 -> 96 x 64; the window of 48 x 32 begins at 24, 16: from a quarter to three quarters both ways.
    const input = await preprocessPixels(map(300, 200), settings);
    for (const [x, y, wantedX, wantedY] of [
      [0, 0, 0.25 + 0.5 / 96, 0.25 + 0.5 / 64],
      [47, 31, 0.75 - 0.5 / 96, 0.75 - 0.5 / 64],
    ] as const) {
      const [gotX, gotY] = origin(input, x, y);
      expect(gotX).toBeCloseTo(wantedX, 2);
      expect(gotY).toBeCloseTo(wantedY, 2);
    }
  });

  it("squashes all of it in, or pads with the background", async () => {
    const squashed = await preprocessPixels(map(300, 200), { ...settings, fit: "squash" });
    expect(origin(squashed, 0, 0)[0]).toBeCloseTo(0.5 / 48, 2);
    expect(origin(squashed, 47, 31)[1]).toBeCloseTo(1 - 0.5 / 32, 2);
    const padded = await preprocessPixels(map(100, 200), { ...settings, fit: "pad" });
    // 100 x 200 -> 16 x 32, in the middle of 48.
    expect([...padded.subarray(0, 3)]).toEqual([9, 99, 199]);
    expect([...padded.subarray(15 * 3, 16 * 3)]).toEqual([9, 99, 199]);
    expect(origin(padded, 16, 0)[0]).toBeCloseTo(0.5 / 16, 2);
    expect([...padded.subarray(32 * 3, 33 * 3)]).toEqual([9, 99, 199]);
  });

  it("fills up with background where the resized picture is smaller than the crop", async () => {
    const input = await preprocessPixels(map(20, 20), { ...settings, resizeTo: 16 });
    expect([...input.subarray(0, 3)]).toEqual([9, 99, 199]);
    expect(origin(input, 16, 8)[0]).toBeCloseTo(0.5 / 16, 2);
  });
});

describe("one path", () => {
  for (const [width, height] of [
    [300, 200],
    [2000, 1501],
    [64, 64],
  ] as const)
    it(`gives the same for a lossless file and for its pixels: ${width} x ${height}`, async () => {
      const file = await png(map(width, height));
      for (const fit of ["crop", "squash", "pad"] as const) {
        const chosen = { ...settings, fit };
        expect(await preprocessImage(file, chosen)).toEqual(await preprocessPixels(await decodeImage(file), chosen));
      }
    });

  it("shrinks large JPEGs while decoding without moving or blurring anything by more than a shade", async () => {
    const large = map(1600, 1204);
    const file = await sharp(large.data, { raw: { width: 1600, height: 1204, channels: 3 } })
      .jpeg({ quality: 98, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const [fromJpeg, fromPixels] = [await preprocessImage(file, settings), await preprocessPixels(large, settings)];
    fromJpeg.forEach((level, i) => expect(Math.abs(level - fromPixels[i]!)).toBeLessThanOrEqual(3));
  });

  it("gives the same however many run at once", async () => {
    const files = await Promise.all(
      [
        [300, 200],
        [900, 700],
        [40, 50],
      ].map(([w, h]) => png(map(w!, h!))),
    );
    const alone: Uint8Array[] = [];
    for (const file of files) alone.push(await preprocessImage(file, settings));
    const together = await Promise.all(Array.from({ length: 30 }, (_, i) => preprocessImage(files[i % 3]!, settings)));
    together.forEach((input, i) => expect(input).toEqual(alone[i % 3]));
  });
});
