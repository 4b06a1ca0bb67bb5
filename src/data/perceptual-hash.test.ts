import { expect, it } from "vitest";
import type { Pixels } from "../base/preprocess.ts";
import { drawDemo } from "./demo.ts";
import { fingerprintOf, hamming, hashWords, isFlat, thumbnailSimilarity } from "./perceptual-hash.ts";
import { resample } from "./resample.ts";

const picture = drawDemo({ seed: 1, name: "bolt", index: 0 }).pixels;

const scaled = (pixels: Pixels, width: number, height: number): Pixels => ({
  width,
  height,
  data: resample(pixels, { resizedWidth: width, resizedHeight: height, left: 0, top: 0, width, height }),
});

const distance = (a: Uint8Array, b: Uint8Array): number => hamming(hashWords(a), hashWords(b));

it("counts differing bits", () => {
  expect(hamming([0, 0], [0, 0])).toBe(0);
  expect(hamming([0xffffffff, 0], [0, 0xffffffff])).toBe(64);
  expect(hamming([0b1011, 0x80000000], [0b0001, 0])).toBe(3);
});

it("changes little with size, brightness and contrast, and much with the picture", () => {
  const original = fingerprintOf(picture);
  const dimmed: Pixels = { ...picture, data: picture.data.map((level) => 20 + level * 0.6) };
  for (const copy of [scaled(picture, 60, 60), scaled(picture, 333, 200), dimmed]) {
    const fingerprint = fingerprintOf(copy);
    expect(distance(original, fingerprint)).toBeLessThanOrEqual(4);
    expect(thumbnailSimilarity(original, fingerprint)).toBeGreaterThan(0.99);
  }
  const other = fingerprintOf(drawDemo({ seed: 1, name: "bolt", index: 1 }).pixels);
  expect(distance(original, other)).toBeGreaterThan(12);
});

it("sets half of the bits, and none for a plain colour", () => {
  const bits = hashWords(fingerprintOf(picture));
  expect(hamming(bits, [0, 0])).toBe(31);
  const plain: Pixels = { width: 50, height: 40, data: new Uint8Array(6000).fill(77) };
  expect(isFlat(fingerprintOf(plain))).toBe(true);
  expect(isFlat(fingerprintOf(picture))).toBe(false);
});

it("takes pictures smaller than its grid", () => {
  const small = fingerprintOf(scaled(picture, 20, 9));
  expect(thumbnailSimilarity(fingerprintOf(picture), small)).toBeGreaterThan(0.8);
  expect(isFlat(fingerprintOf({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }))).toBe(true);
});
