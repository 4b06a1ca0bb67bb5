import { expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { createPixelBudget } from "./pixel-budget.ts";

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it("never lets more through than the budget, and lets all through in the end", async () => {
  const budget = createPixelBudget(100);
  const random = createRandom(0);
  let inFlight = 0;
  let most = 0;
  const done = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const pixels = 1 + random.integer(60);
      return budget.run(pixels, async () => {
        inFlight += pixels;
        most = Math.max(most, inFlight);
        await later(random.integer(3));
        inFlight -= pixels;
        return i;
      });
    }),
  );
  expect(done).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(most).toBeLessThanOrEqual(100);
  expect(most).toBeGreaterThan(60);
});

it("serves in order of arrival, and one larger than all alone", async () => {
  const budget = createPixelBudget(100);
  const started: string[] = [];
  const job = (name: string, pixels: number): Promise<void> =>
    budget.run(pixels, async () => {
      started.push(name);
      await later(2);
      started.push(`${name} ends`);
    });
  await Promise.all([job("small", 50), job("huge", 1000), job("tiny", 1)]);
  expect(started).toEqual(["small", "small ends", "huge", "huge ends", "tiny", "tiny ends"]);
});

it("gives back what failed work had taken", async () => {
  const budget = createPixelBudget(10);
  await expect(budget.run(10, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await budget.run(10, () => Promise.resolve("yes"))).toBe("yes");
});
