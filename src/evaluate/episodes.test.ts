import { afterAll, describe, expect, it } from "vitest";
import { matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { overEpisodes, type OverEpisodesOptions } from "./episodes.ts";
import { meanInterval } from "./intervals.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const named = (name: string) => fewShotMethods.find((method) => method.name === name)!;

/** Clouds about one axis a class, so far apart. */
const task = (apart: number, changed: Partial<OverEpisodesOptions> = {}): OverEpisodesOptions => {
  const random = createRandom("clouds");
  const labels = Int32Array.from({ length: 80 }, (_, i) => i % 4);
  const features = matrix(80, 6);
  labels.forEach((label, i) => {
    for (let j = 0; j < 6; j++) features.data[i * 6 + j] = random.normal() + (j === label ? apart : 0);
  });
  let ticks = 0;
  return {
    features,
    labels,
    methods: [named("simple-shot"), named("tim")],
    episode: { ways: 3, shots: 2, queries: 4 },
    episodes: 30,
    random: createRandom(1),
    now: () => (ticks += 5),
    ...changed,
  };
};

describe("overEpisodes", () => {
  it("finds clouds that lie far apart, one score a method", async () => {
    const scores = await overEpisodes(task(60), algebra);
    expect(scores.map(({ method, transductive }) => [method, transductive])).toEqual([
      ["simple-shot", false],
      ["tim", true],
    ]);
    for (const { accuracy, interval, msPerEpisode } of scores)
      expect({ accuracy, interval, msPerEpisode }).toEqual({
        accuracy: 1,
        interval: meanInterval([1, 1]),
        msPerEpisode: 5,
      });
  });

  it("claims chance on noise, and holds it in its interval", async () => {
    const [score] = await overEpisodes(task(0, { episodes: 150, methods: [named("simple-shot")] }), algebra);
    expect(Math.abs(score!.accuracy - 1 / 3)).toBeLessThan(0.05); // deviation of the mean about 0.012
    expect(score!.interval.high - score!.interval.low).toBeLessThan(0.06);
  });

  it("draws the same episodes whatever the methods", async () => {
    const [together] = await overEpisodes(task(1), algebra);
    const [alone] = await overEpisodes(task(1, { methods: [named("simple-shot")] }), algebra);
    expect(alone!.accuracy).toBe(together!.accuracy);
  });

  it("refuses classes with too few images before it begins", async () => {
    const wrong = task(1, { episode: { ways: 3, shots: 2, queries: 19, names: ["a", "b", "c", "d"] } });
    await expect(overEpisodes(wrong, algebra)).rejects.toMatchObject({
      code: "E_FEW_PHOTOS",
      message: 'class "a": wanted 2 shots + 19 queries, got 20 images',
    });
  });
});
