import { describe, expect, it } from "vitest";
import { matrixOf } from "../base/matrix.ts";
import { chooseSimplest, fareOf, groupedError, meanOf } from "./select.ts";

const single = [0, 1, 2, 3, 4, 5, 6, 7];
const losses = (...values: number[]): Float64Array => Float64Array.from(values);

describe("groupedError", () => {
  it("is the standard error of a mean where every image is its own group", () => {
    // 1, 2, 3, 4: s = sqrt(5 / 3), s / sqrt(4)
    expect(meanOf([1, 2, 3, 4])).toBe(2.5);
    expect(groupedError([1, 2, 3, 4], single)).toBeCloseTo(Math.sqrt(5 / 3) / 2, 14);
  });

  it("does not shrink when every image is copied", () => {
    const copied = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4];
    const groups = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3];
    expect(groupedError(copied, groups)).toBeCloseTo(Math.sqrt(5 / 3) / 2, 14);
    expect(groupedError(copied, [...copied.keys()])).toBeLessThan(Math.sqrt(5 / 3) / 3);
  });

  it("is unknown for a single group", () => {
    expect(groupedError([1, 2], [5, 5])).toBe(Infinity);
  });
});

describe("chooseSimplest", () => {
  it("takes the best where it is clearly better image by image", () => {
    // excess 1, 1, 1, 1.2: mean 1.05, error 0.05
    expect(chooseSimplest([losses(1.5, 1.2, 1.1, 1.3), losses(0.5, 0.2, 0.1, 0.1)], single)).toBe(1);
  });

  it("takes the simpler where the gain is within its error", () => {
    // excess 1, -1, 1, -0.8: mean 0.05, error near 0.55
    expect(chooseSimplest([losses(1.5, 0.2, 1.1, 0.3), losses(0.5, 1.2, 0.1, 1.1)], single)).toBe(0);
  });

  it("compares image by image: images that are hard for both do not hide a steady gain", () => {
    const hard = losses(0, 5, 0.1, 7, 0, 9, 0.2, 4);
    const harder = hard.map((loss) => loss + 0.1);
    expect(groupedError(hard, single)).toBeGreaterThan(1);
    expect(chooseSimplest([harder, hard], single)).toBe(1);
    // but a gain of less than a hundredth does not count
    expect(chooseSimplest([hard.map((loss) => loss + 0.009), hard], single)).toBe(0);
  });

  it("does not take copies for evidence", () => {
    const simple = losses(1, 1, 1, 1, 1, 1, 0, 0);
    // excess 1 six times, -1 twice: mean 0.5, error 0.33 as eight images, 0.56 as three groups
    const flexible = losses(0, 0, 0, 0, 0, 0, 1, 1);
    expect(chooseSimplest([simple, flexible], single)).toBe(1);
    expect(chooseSimplest([simple, flexible], [0, 0, 0, 0, 0, 0, 1, 2])).toBe(0);
  });

  it("takes the first of three that is near the best, and the first of equals", () => {
    const best = losses(0.1, 0.1, 0.1, 0.1);
    const near = losses(0.3, 0, 0.2, 0);
    const far = losses(1, 1.1, 1, 1.2);
    expect(chooseSimplest([far, near, best], single)).toBe(1);
    expect(chooseSimplest([best, best, best], single)).toBe(0);
    expect(chooseSimplest([best, far], single)).toBe(0);
  });
});

describe("fareOf", () => {
  it("judges the rows asked for alone, at the temperature that suits them", () => {
    // rows 0 to 2 are right by 2: temperature 2 / ln 4, probability of the truth 4 / 5; row 3 would spoil it
    const scores = matrixOf([
      [2, 0],
      [0, 2],
      [2, 0],
      [900, 0],
    ]);
    const { temperature, losses: own } = fareOf(scores, Int32Array.from([0, 1, 0, 1]), [0, 1, 2]);
    expect(temperature).toBeCloseTo(2 / Math.log(4), 3);
    expect(own).toHaveLength(3);
    for (const loss of own) expect(loss).toBeCloseTo(Math.log(5 / 4), 3);
  });
});
