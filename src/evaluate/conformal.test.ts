import { describe, expect, it } from "vitest";
import { matrixOf } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { conformalThreshold, crossConformal } from "./conformal.ts";

const repeated = <T>(times: number, item: T): T[] => Array.from({ length: times }, () => item);

describe("conformalThreshold", () => {
  const truths = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

  it("is the ⌈(n + 1) level⌉-th largest probability of the truth", () => {
    // ⌈20 x 0.9⌉ = 18th of 0.95, 0.9, ..., 0.05
    expect(conformalThreshold(truths, 0.9)).toBe(0.1);
    expect(conformalThreshold(truths, 0.5)).toBe(0.5);
    expect(conformalThreshold(truths.slice(10), 0.9)).toBe(0.55);
  });

  it("asks for all classes where images are too few for the level", () => {
    expect(conformalThreshold(truths.slice(11), 0.9)).toBe(0);
    expect(conformalThreshold([], 0.9)).toBe(0);
  });

  it("covers a new image with the level's chance: ⌈(n + 1) level⌉ / (n + 1)", () => {
    const random = createRandom("coverage");
    const trials = 20_000;
    for (const [n, level] of [
      [30, 0.9],
      [12, 0.7],
    ] as const) {
      let covered = 0;
      for (let trial = 0; trial < trials; trial++) {
        const drawn = Array.from({ length: n + 1 }, () => random.uniform() ** 2);
        covered += drawn[n]! >= conformalThreshold(drawn.slice(0, n), level) ? 1 : 0;
      }
      const exact = Math.ceil((n + 1) * level) / (n + 1);
      expect(exact).toBeGreaterThanOrEqual(level);
      expect(Math.abs(covered / trials - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / trials));
    }
  });
});

describe("crossConformal", () => {
  const folds = [...repeated(9, 0), ...repeated(9, 1)];
  const labels = repeated(18, 0);
  // fold 0 is right with 0.7, fold 1 is wrong with 0.5
  const probabilities = matrixOf([...repeated(9, [0.7, 0.25, 0.05]), ...repeated(9, [0.2, 0.5, 0.3])]);

  it("judges every fold by the threshold of the others", () => {
    // fold 0 with 0.2: {0, 1}, right; fold 1 with 0.7: no class reaches it, so {1}, wrong
    const { level, threshold, coverage, meanSetSize } = crossConformal([{ probabilities, labels, folds }]);
    expect(level).toBe(0.9);
    expect(threshold).toBeCloseTo(0.2, 6);
    expect(coverage).toBe(0.5);
    expect(meanSetSize).toBe(1.5);
  });

  it("averages over repeats", () => {
    // the other round: all right with 0.7, sets {0}
    const sure = { probabilities: matrixOf(repeated(18, [0.7, 0.25, 0.05])), labels, folds };
    const both = crossConformal([{ probabilities, labels, folds }, sure]);
    expect(both.threshold).toBeCloseTo((0.2 + 0.7) / 2, 6);
    expect(both.coverage).toBe(0.75);
    expect(both.meanSetSize).toBe(1.25);
  });

  it("answers with all classes where too few images are left to judge by", () => {
    const few = crossConformal([
      { probabilities: matrixOf(repeated(4, [0.1, 0.9])), labels: [0, 0, 1, 1], folds: [0, 1, 0, 1] },
    ]);
    expect(few).toEqual({ level: 0.9, threshold: 0, coverage: 1, meanSetSize: 2 });
  });

  it("covers about the level of exchangeable images with small sets", () => {
    const random = createRandom("cross");
    const rows = Array.from({ length: 1000 }, () => {
      const odds = Array.from({ length: 5 }, () => Math.exp(2 * random.normal()));
      const total = odds.reduce((a, b) => a + b);
      return odds.map((odd) => odd / total);
    });
    const drawn = rows.map((row) => {
      let left = random.uniform();
      return row.findIndex((p) => (left -= p) < 0);
    });
    const result = crossConformal([
      { probabilities: matrixOf(rows), labels: drawn, folds: drawn.map((_, i) => i % 5) },
    ]);
    expect(result.coverage).toBeGreaterThan(0.87);
    expect(result.coverage).toBeLessThan(0.94);
    expect(result.meanSetSize).toBeGreaterThan(1);
    expect(result.meanSetSize).toBeLessThan(4);
  });
});
