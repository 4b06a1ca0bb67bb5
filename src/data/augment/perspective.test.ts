import { expect, it } from "vitest";
import { drawn, levels, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./perspective.ts";

const size = { width: 100, height: 60 };

/** Where the place (u, v) from the new picture's centre comes from. */
const through = (draw: { x: number; y: number }, [u, v]: readonly [number, number]): [number, number] => {
  if (augmentation.kind !== "geometry") throw new Error("wanted geometry");
  const [a, b, c, d, e, f, g, h, i] = augmentation.map(draw, size);
  const w = g * u + h * v + i;
  return [(a * u + b * v + c) / w, (d * u + e * v + f) / w];
};

it("brings the right border nearer: its corners come from nearer the centre, the left ones from beyond the picture", () => {
  // the depth goes from 0.6 at the left border to 1.4 at the right one
  expect(through({ x: 0.4, y: 0 }, [50, 30])).toEqual([50 / 1.4, 30 / 1.4]);
  expect(through({ x: 0.4, y: 0 }, [50, -30])).toEqual([50 / 1.4, -30 / 1.4]);
  expect(through({ x: 0.4, y: 0 }, [-50, 30])).toEqual([-50 / 0.6, 30 / 0.6]);
  expect(through({ x: 0, y: -0.2 }, [10, 30])).toEqual([10 / 0.8, 30 / 0.8]);
  expect(through({ x: 0.3, y: 0.3 }, [0, 0])).toEqual([0, 0]);
});

it("keeps lines straight, and cross-ratios on them", () => {
  const draw = { x: 0.35, y: -0.25 };
  const at = [-20, -5, 10, 30].map((t) => through(draw, [t, 0.5 * t + 3]));
  const cross = ([a, b, c, d]: number[]): number => ((c! - a!) * (d! - b!)) / ((c! - b!) * (d! - a!));
  const [[x0, y0], [x1, y1]] = [at[0]!, at[1]!];
  for (const [x, y] of at) expect((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)).toBeCloseTo(0, 9);
  expect(cross(at.map(([x]) => x))).toBeCloseTo(cross([-20, -5, 10, 30]), 9);
});

it("shows a slope where geometry says", async () => {
  const slope = drawn(41, 41, (x) => 100 + 3 * (x - 20));
  const row = levels(await varied(augmentation, slope, { x: 0.4, y: 0 }))[20]!;
  for (let u = -10; u <= 20; u++) expect(row[u + 20]).toBe(Math.round(100 + (3 * u) / (1 + (0.8 * u) / 41)));
});
