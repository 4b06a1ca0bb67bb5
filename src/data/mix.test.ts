import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { applyMix, mixTargets, partnersOf, sizeOfBatch, type MixDraw } from "./mix.ts";
import { beta } from "./mix/_shared.ts";
import { mixes } from "./mix/index.ts";
import { mix as cutmix } from "./mix/cutmix.ts";
import { mix as mixup } from "./mix/mixup.ts";

describe("Beta(alpha, alpha)", () => {
  it.each([0.05, 0.2, 0.4, 1, 1.5, 4, 100])("has mean 1/2 and variance 1 / (4 (2 alpha + 1)), alpha %d", (alpha) => {
    const random = createRandom(`beta ${alpha}`);
    const n = 20_000;
    const values = Array.from({ length: n }, () => beta(alpha, random));
    const mean = values.reduce((a, b) => a + b) / n;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
    const wanted = 1 / (4 * (2 * alpha + 1));
    expect(values.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(wanted / n));
    // five standard errors at most: a fourth moment is at most that of a Gaussian here
    expect(Math.abs(variance - wanted)).toBeLessThan(5 * wanted * Math.sqrt(2 / n));
  });
});

describe.each(mixes)("$name", ({ defaults, sample }) => {
  it("draws the same for the same seed, plain data within its picture, in a share that fits", () => {
    const size = { width: 30, height: 17 };
    const random = createRandom("draws");
    for (let i = 0; i < 200; i++) {
      const draw = sample(defaults, size, random);
      expect(JSON.parse(JSON.stringify(draw))).toEqual(draw);
      expect(draw.share).toBeGreaterThanOrEqual(0);
      expect(draw.share).toBeLessThanOrEqual(1);
      if (!draw.box) continue;
      const { left, right, top, bottom } = draw.box;
      for (const [low, high, side] of [
        [left, right, 30],
        [top, bottom, 17],
      ] as const) {
        expect([low, high].every(Number.isInteger)).toBe(true);
        expect(0 <= low && low <= high && high <= side).toBe(true);
      }
    }
    expect(sample(defaults, size, createRandom(1))).toEqual(sample(defaults, size, createRandom(1)));
  });
});

it("mixup keeps as much as Beta says; cutmix gives away as much, less what lies beyond the border", () => {
  const random = createRandom("shares");
  const shares = (mix: typeof mixup): number[] =>
    Array.from({ length: 5000 }, () => mix.sample({ alpha: 1 }, { width: 100, height: 100 }, random).share);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
  expect(Math.abs(mean(shares(mixup)) - 0.5)).toBeLessThan(5 / Math.sqrt(12 * 5000));
  // an area s², s uniform's square root, cut at borders: each side keeps s - s² / 4 of itself; E(s - s² / 4)² over 2 s ds
  const kept = 2 * (1 / 4 - 1 / 2 / 5 + 1 / 16 / 6);
  expect(Math.abs(mean(shares(cutmix)) - (1 - kept))).toBeLessThan(0.02); // five standard errors
});

/** Three pictures of 2 x 2 with 2 channels, the number 100 row + 10 place + channel, in either layout. */
const batchOf = (layout: "nhwc" | "nchw") => {
  const data = new Float32Array(24);
  for (let row = 0; row < 3; row++)
    for (let place = 0; place < 4; place++)
      for (let channel = 0; channel < 2; channel++)
        data[8 * row + (layout === "nhwc" ? 2 * place + channel : 4 * channel + place)] =
          100 * row + 10 * place + channel;
  return { data, shape: [3, 2, 2, 2], layout };
};
const partners = [1, 2, 0];

describe.each(["nhwc", "nchw"] as const)("a batch in %s", (layout) => {
  const at = (data: Float32Array, row: number, place: number, channel: number): number =>
    data[8 * row + (layout === "nhwc" ? 2 * place + channel : 4 * channel + place)]!;

  it("fades into its partners", () => {
    const batch = batchOf(layout);
    const out = applyMix(batch, { share: 0.75, box: null }, partners);
    for (let row = 0; row < 3; row++)
      for (let place = 0; place < 4; place++)
        for (let channel = 0; channel < 2; channel++)
          expect(at(out, row, place, channel)).toBe(75 * row + 25 * partners[row]! + 10 * place + channel);
    expect(batch.data).toEqual(batchOf(layout).data);
  });

  it("shows its partners in the box, in all channels, and nowhere else", () => {
    const batch = batchOf(layout);
    const out = applyMix(batch, { share: 0.5, box: { left: 1, right: 2, top: 0, bottom: 2 } }, partners);
    for (let row = 0; row < 3; row++)
      for (let place = 0; place < 4; place++)
        for (let channel = 0; channel < 2; channel++) {
          const from = place % 2 === 1 ? partners[row]! : row;
          expect(at(out, row, place, channel)).toBe(100 * from + 10 * place + channel);
        }
    expect(batch.data).toEqual(batchOf(layout).data);
  });
});

it("tells height from width in either layout", () => {
  expect(sizeOfBatch({ shape: [5, 2, 3, 4], layout: "nhwc" })).toEqual({ height: 2, width: 3 });
  expect(sizeOfBatch({ shape: [5, 2, 3, 4], layout: "nchw" })).toEqual({ height: 3, width: 4 });
  expect(sizeOfBatch({ shape: [5, 640], layout: "nchw" })).toEqual({ height: 1, width: 1 });
});

it("cuts a wide box of a wide picture out of bytes, and leaves a Buffer alone", () => {
  // 2 pictures, 2 high, 4 wide, 1 channel
  const data = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18]);
  const box = { left: 1, right: 4, top: 1, bottom: 2 };
  const out = applyMix({ data, shape: [2, 2, 4, 1], layout: "nhwc" }, { share: 5 / 8, box }, [1, 0]);
  expect([...out]).toEqual([1, 2, 3, 4, 5, 16, 17, 18, 11, 12, 13, 14, 15, 6, 7, 8]);
  expect(data[5]).toBe(6);
});

it("rounds bytes", () => {
  const data = Uint8Array.from([10, 255, 13, 255]);
  const out = applyMix({ data, shape: [2, 1, 1, 2], layout: "nhwc" }, { share: 0.5, box: null }, [1, 0]);
  expect([...out]).toEqual([12, 255, 12, 255]);
});

it("gives targets the shares that pixels have", () => {
  const size = { width: 13, height: 9 };
  const random = createRandom("pixels");
  const ones = new Float32Array(2 * 13 * 9).fill(1, 13 * 9);
  for (const { defaults, sample } of mixes)
    for (let i = 0; i < 50; i++) {
      const draw: MixDraw = sample(defaults, size, random);
      const out = applyMix({ data: ones, shape: [2, 1, 9, 13], layout: "nchw" }, draw, [1, 0]);
      const own = out.subarray(13 * 9).reduce((a, b) => a + b) / (13 * 9);
      expect(own).toBeCloseTo(draw.share, 6);
    }
});

it("mixes targets by hand; each row adds up to 1", () => {
  const targets = Float32Array.from([1, 0, 0, 0, 1, 0, 0.25, 0.25, 0.5]);
  const mixed = mixTargets(targets, 0.75, [1, 2, 0]);
  expect([...mixed]).toEqual([0.75, 0.25, 0, 0.0625, 0.8125, 0.125, 0.4375, 0.1875, 0.375]);
  for (let row = 0; row < 3; row++) expect(mixed.slice(3 * row, 3 * row + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect([...targets.slice(0, 3)]).toEqual([1, 0, 0]);
});

it("finds each row one partner", () => {
  const partners = partnersOf(50, createRandom(0));
  expect(partners.toSorted((a, b) => a - b)).toEqual([...Array(50).keys()]);
  expect(partnersOf(50, createRandom(0))).toEqual(partners);
  expect(partnersOf(50, createRandom(1))).not.toEqual(partners);
});
