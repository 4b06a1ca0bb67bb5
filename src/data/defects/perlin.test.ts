import { describe, expect, it } from "vitest";
import { defect } from "./perlin.ts";

const flat = (level: number, side = 40) => ({
  width: side,
  height: side,
  data: new Uint8Array(3 * side * side).fill(level),
});
const draw = { octaveX: 2, octaveY: 2, degrees: 20, area: 0.1, opacity: 0.75, seed: 5 };

describe("DRAEM's anomalies", () => {
  it("lets the texture show through by its opacity, in the area drawn", async () => {
    const { pixels, mask } = await defect.apply(flat(100), draw, flat(200));
    expect(mask.reduce((a, b) => a + b)).toBe(160);
    // 0.25 · 100 + 0.75 · 200
    for (const [i, inside] of mask.entries()) expect(pixels.data[3 * i]).toBe(inside === 1 ? 175 : 100);
  });

  it("makes blots: a pixel's neighbours are mostly like it", async () => {
    const { mask } = await defect.apply(flat(100), draw, flat(200));
    const alike = mask.filter((inside, i) => inside === 1 && mask[i + 1] === 1).length;
    expect(alike).toBeGreaterThan(0.7 * 160);
  });

  it("puts them elsewhere for another seed", async () => {
    const one = await defect.apply(flat(100), draw, flat(200));
    const other = await defect.apply(flat(100), { ...draw, seed: 6 }, flat(200));
    expect(other.mask).not.toEqual(one.mask);
  });

  it("makes a defect of one pixel at least", async () => {
    const { mask } = await defect.apply(flat(100, 3), { ...draw, area: 0 }, flat(200, 3));
    expect(mask.reduce((a, b) => a + b)).toBe(1);
  });

  it("refuses a texture of another size", async () => {
    await expect(defect.apply(flat(100), draw, flat(200, 30))).rejects.toThrow(
      "wanted a texture of 40 x 40, got 30 x 30",
    );
  });
});
