import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { createPerlinNoise } from "./perlin-noise.ts";

const noise = createPerlinNoise(createRandom("perlin"));

/** Values over 40 x 40 cells, 13 x 13 of each. */
const field = Array.from({ length: 520 * 520 }, (_, i) => noise((i % 520) / 13 - 20, Math.floor(i / 520) / 13 - 20));

describe("Perlin noise", () => {
  it("is 0 at whole coordinates, below 0 too", () => {
    for (let x = -3; x <= 3; x++) for (let y = -3; y <= 3; y++) expect(Math.abs(noise(x, y))).toBe(0);
  });

  it("keeps within -1 and 1 and uses most of it, on both sides alike", () => {
    const least = field.reduce((a, b) => Math.min(a, b));
    const most = field.reduce((a, b) => Math.max(a, b));
    expect(least).toBeGreaterThanOrEqual(-1);
    expect(most).toBeLessThanOrEqual(1);
    expect(least).toBeLessThan(-0.7);
    expect(most).toBeGreaterThan(0.7);
    expect(Math.abs(field.reduce((a, b) => a + b) / field.length)).toBeLessThan(0.02);
  });

  it("is 1 at most: in the middle of a cell whose slopes point inwards, a quarter from each corner", () => {
    // every corner adds ¼ · √2 · √½ where its slope points at the middle
    expect(4 * 0.25 * Math.SQRT2 * Math.SQRT1_2).toBeCloseTo(1, 12);
    const middles = Array.from({ length: 60000 }, (_, i) => noise((i % 250) + 0.5, Math.floor(i / 250) + 0.5));
    const most = middles.reduce((a, b) => Math.max(a, b));
    expect(most).toBeGreaterThan(0.9);
    expect(most).toBeLessThanOrEqual(1);
  });

  it("is smooth across the borders of cells", () => {
    const step = 1e-4;
    for (let i = 0; i < 200; i++) {
      const y = i / 7;
      const [before, at, after] = [noise(3 - step, y), noise(3, y), noise(3 + step, y)];
      expect(Math.abs(at - before)).toBeLessThan(3 * step);
      expect(Math.abs(after - 2 * at + before)).toBeLessThan(1e-6);
    }
  });

  it("differs from cell to cell and repeats after 256", () => {
    expect(noise(0.3, 0.4)).not.toBeCloseTo(noise(1.3, 0.4), 6);
    expect(noise(0.3, 0.4)).not.toBeCloseTo(noise(0.3, 1.4), 6);
    expect(noise(0.25, 0.5)).toBe(noise(256.25, -255.5));
  });

  it("is the same for the same seed, another for another", () => {
    expect(createPerlinNoise(createRandom("perlin"))(1.5, 2.5)).toBe(noise(1.5, 2.5));
    expect(createPerlinNoise(createRandom("other"))(1.5, 2.5)).not.toBe(noise(1.5, 2.5));
  });
});
