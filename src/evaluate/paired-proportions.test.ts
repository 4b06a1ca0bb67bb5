import { expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { pairedProportions } from "./paired-proportions.ts";

it("adds an image to both sides: 3 gained and 1 lost of 98", () => {
  const { low, high } = pairedProportions(98, 3, 1);
  // centre (4 - 2) / 100; standard error sqrt((0.06 - 0.0004) / 100)
  expect((low + high) / 2).toBeCloseTo(0.02, 10);
  expect((high - low) / 2).toBeCloseTo(1.959964 * Math.sqrt(0.0596 / 100), 6);
});

it("is not empty where nothing differs", () => {
  const { low, high } = pairedProportions(1000, 0, 0);
  expect(high).toBeCloseTo(1.959964 * (Math.sqrt(2) / 1002), 6);
  expect(low).toBeCloseTo(-high, 10);
});

it("holds the truth in about 95 % of draws with few images gained or lost", () => {
  const random = createRandom("paired-proportions");
  const [n, p] = [400, 0.004];
  let held = 0;
  for (let draw = 0; draw < 2000; draw++) {
    let [gained, lost] = [0, 0];
    for (let i = 0; i < n; i++) {
      const u = random.uniform();
      if (u < p) gained++;
      else if (u < 3 * p) lost++;
    }
    const { low, high } = pairedProportions(n, gained, lost);
    if (low <= -p && -p <= high) held++;
  }
  expect(held / 2000).toBeGreaterThan(0.94);
});
