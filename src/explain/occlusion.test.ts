import { expect, it } from "vitest";
import { occlude } from "./occlusion.ts";

const [WIDTH, HEIGHT] = [28, 14];

it("shows what the answer hangs on, and asks for nothing else", async () => {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3).fill(20);
  const spot = 3 * (3 * WIDTH + 20);
  pixels.fill(255, spot, spot + 3);
  const asked: number[] = [];
  const answer = async (pictures: readonly Uint8Array[]) => {
    asked.push(pictures.length);
    return pictures.map((picture) => [0.1, picture[spot]! > 200 ? 0.9 : 0.2]);
  };
  const map = await occlude(pixels, { width: WIDTH, height: HEIGHT, target: 1, across: 3, answer });
  expect([map.width, map.height]).toEqual([14, 7]); // patches of 4 pixels, 2 apart: cell x hides 2x - 1 to 2x + 2
  const drop = Math.log(0.9 / 0.1) - Math.log(0.2 / 0.8);
  map.data.forEach((v, i) => {
    const [x, y] = [i % 14, Math.floor(i / 14)];
    const hides = [9, 10].includes(x) && [1, 2].includes(y);
    expect(v).toBeCloseTo(hides ? drop : 0, 4);
  });
  expect(asked.reduce((a, b) => a + b)).toBe(1 + 14 * 7);
  expect(pixels[spot]).toBe(255);
});

it("counts what hides a counter-argument as nothing, and stays finite at certainty", async () => {
  const pixels = new Uint8Array(8 * 8 * 3).fill(9);
  const answer = async (pictures: readonly Uint8Array[]) => pictures.map((_, i) => [i % 2, 1 - (i % 2)]);
  const map = await occlude(pixels, { width: 8, height: 8, target: 0, across: 2, answer });
  expect(map.data.every((v) => v >= 0 && Number.isFinite(v))).toBe(true);
});
