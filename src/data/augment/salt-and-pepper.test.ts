import { expect, it } from "vitest";
import { drawn, varied } from "../../../test/fixtures/pictures.ts";
import { augmentation } from "./salt-and-pepper.ts";

it("turns the stated share of whole pixels white and black, half each", async () => {
  const { data } = await varied(
    augmentation,
    drawn(200, 200, () => 100),
    { density: 0.2, seed: 3 },
  );
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += 3) {
    const colour = data.subarray(i, i + 3).join(" ");
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(["0 0 0", "100 100 100", "255 255 255"]);
  // 4000 of 40000, give or take five standard errors of √(40000 · 0.1 · 0.9) = 60
  for (const colour of ["0 0 0", "255 255 255"]) expect(Math.abs(counts.get(colour)! - 4000)).toBeLessThan(300);
});

it("turns none at 0 and all at 1", async () => {
  const flat = drawn(20, 20, () => 100);
  expect((await varied(augmentation, flat, { density: 0, seed: 3 })).data).toEqual(flat.data);
  expect((await varied(augmentation, flat, { density: 1, seed: 3 })).data).not.toContain(100);
});
