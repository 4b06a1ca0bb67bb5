import { expect, it } from "vitest";
import { tinyPreprocess, meanColour } from "../../../test/fixtures/tiny-model.ts";
import { observe } from "./observe.ts";

it("gives ends, means and peaks by channel over all pictures", async () => {
  const { height, width } = tinyPreprocess;
  const plain = (r: number, g: number, b: number) =>
    Uint8Array.from({ length: height * width * 3 }, (_, i) => [r, g, b][i % 3]!);
  const seen = await observe(meanColour(), ["embedding"], {
    shape: [height, width, 3],
    pixels: [plain(10, 20, 30), plain(50, 0, 40)],
  });
  const { histogram, means, peaks } = seen.get("embedding")!;
  expect([histogram.low, histogram.high]).toEqual([0, 50]);
  expect(histogram.counts.reduce((a, b) => a + b)).toBe(6);
  expect([...means]).toEqual([30, 10, 35]);
  expect([...peaks]).toEqual([50, 20, 40]);
});
