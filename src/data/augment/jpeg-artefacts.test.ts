import { expect, it } from "vitest";
import { drawn, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./jpeg-artefacts.ts";

const rings = drawn(64, 64, (x, y) => Math.round(127 + 120 * Math.sin(Math.hypot(x - 20, y - 30))));
const errorAt = async (quality: number): Promise<number> => {
  const { data } = await varied(augmentation, rings, { quality });
  return Math.sqrt(data.reduce((sum, level, i) => sum + (level - rings.data[i]!) ** 2, 0) / data.length);
};

it("loses more, the lower the quality", async () => {
  const errors = await Promise.all([100, 90, 50, 10].map(errorAt));
  expect(errors).toEqual(errors.toSorted((a, b) => a - b));
  expect(errors[0]).toBeLessThan(1);
  expect(errors[3]).toBeGreaterThan(10);
});

it("leaves one level in a block of 8 x 8 where quality is lowest", async () => {
  const faint = drawn(16, 16, (x) => 120 + (x % 2));
  expect(new Set((await varied(augmentation, faint, { quality: 1 })).data).size).toBe(1);
});
