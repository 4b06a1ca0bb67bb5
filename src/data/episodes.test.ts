import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { sampleEpisode, type EpisodeOptions } from "./episodes.ts";

/** `counts[c]` rows of class c, classes taking turns. */
const labelsOf = (counts: readonly number[]): Int32Array => {
  const left = [...counts];
  const out: number[] = [];
  while (left.some((n) => n > 0)) left.forEach((n, c) => n > 0 && (out.push(c), left[c]!--));
  return Int32Array.from(out);
};

const labels = labelsOf([30, 30, 0, 40, 30, 35]);
const draw = (options: Partial<EpisodeOptions>, seed = 0) =>
  sampleEpisode(labels, { ways: 3, shots: 2, queries: 5, ...options }, createRandom(seed));
const tally = (values: Int32Array, ways: number): number[] =>
  Array.from({ length: ways }, (_, way) => values.filter((v) => v === way).length);

describe("sampleEpisode", () => {
  it("draws ways, shots and queries, no image twice, of the classes it names", () => {
    for (const seed of [1, 2, 3]) {
      const { support, queries, supportLabels, queryLabels, classes } = draw({}, seed);
      expect([support.length, queries.length, classes.length]).toEqual([6, 15, 3]);
      expect([...classes]).toEqual([...classes].sort((a, b) => a - b));
      expect(classes.includes(2)).toBe(false);
      expect(new Set([...support, ...queries]).size).toBe(21);
      support.forEach((row, i) => expect(labels[row]).toBe(classes[supportLabels[i]!]));
      queries.forEach((row, i) => expect(labels[row]).toBe(classes[queryLabels[i]!]));
      expect(tally(supportLabels, 3)).toEqual([2, 2, 2]);
      expect(tally(queryLabels, 3)).toEqual([5, 5, 5]);
    }
  });

  it("gives the same episode for the same seed, another for another", () => {
    expect(draw({}, 5)).toEqual(draw({}, 5));
    expect(draw({}, 5)).not.toEqual(draw({}, 6));
  });

  it("draws every class and every image about as often", () => {
    const seen = new Float64Array(6);
    for (let seed = 0; seed < 500; seed++) for (const c of draw({}, seed).classes) seen[c]!++;
    for (const c of [0, 1, 3, 4, 5]) expect(Math.abs(seen[c]! - 300)).toBeLessThan(50); // deviation 11
  });

  it("gives each way its own shots where asked", () => {
    expect(tally(draw({ shots: [1, 4, 2] }).supportLabels, 3)).toEqual([1, 4, 2]);
  });

  it("asks classes unevenly by a Dirichlet, as many in all", () => {
    const shares: number[] = [];
    for (let seed = 0; seed < 400; seed++) {
      const { queryLabels } = draw({ balance: { dirichlet: 2 } }, seed);
      expect(queryLabels.length).toBe(15);
      shares.push(tally(queryLabels, 3)[0]! / 15);
    }
    const mean = shares.reduce((a, b) => a + b) / 400;
    const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / 400;
    // Dirichlet(2, 2, 2): mean 1/3, variance (1/3)(2/3)/7 = 0.0317, and about 1/(12 * 15²) of rounding
    expect(mean).toBeCloseTo(1 / 3, 1);
    expect(Math.abs(variance - 0.0321)).toBeLessThan(0.008);
  });

  it("lets other classes make up for one without images enough", () => {
    const few = labelsOf([7, 200]);
    for (let seed = 0; seed < 20; seed++) {
      const options = { ways: 2, shots: 1, queries: 6, balance: { dirichlet: 0.3 } };
      const { queryLabels } = sampleEpisode(few, options, createRandom(seed));
      expect(queryLabels.length).toBe(12);
      expect(tally(queryLabels, 2)[0]).toBeLessThanOrEqual(6);
    }
  });

  it("says which class has too few images and what would fit", () => {
    const names = ["ant", "bee"];
    const ask = (counts: readonly number[], shots: number) => () =>
      sampleEpisode(labelsOf(counts), { ways: 2, shots, queries: 15, names }, createRandom(0));
    expect(ask([20, 12], 5)).toThrow(
      expect.objectContaining({
        code: "E_FEW_PHOTOS",
        message: 'class "bee": wanted 5 shots + 15 queries, got 12 images',
        hint: "With 12 images 5 shots and 7 queries would fit; else add images, or leave the class out.",
      }),
    );
    expect(ask([4, 20], 5)).toThrow(expect.objectContaining({ hint: expect.stringMatching(/^With 4 images 3 shots/) }));
    expect(ask([1, 20], 5)).toThrow(expect.objectContaining({ hint: expect.stringMatching(/needs two/) }));
  });

  it("says how many ways there are classes for", () => {
    expect(() => draw({ ways: 6 })).toThrow(
      expect.objectContaining({
        code: "E_FEW_CLASSES",
        message: "6 ways: wanted at least as many classes, got 5",
        hint: "Ask for at most 5 ways, or add classes.",
      }),
    );
  });

  it("refuses options out of range", () => {
    const wrong: Partial<EpisodeOptions>[] = [
      { ways: 1 },
      { shots: 0 },
      { shots: [1, 2] },
      { queries: 1.5 },
      { balance: { dirichlet: 0 } },
    ];
    for (const options of wrong) expect(() => draw(options)).toThrow(expect.objectContaining({ code: "E_OPTION" }));
  });
});
