import { afterAll, describe, expect, it } from "vitest";
import { matrix, takeRows } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { method as kNearest } from "../methods/few-shot/k-nn.ts";
import { method as simpleShot } from "../methods/few-shot/simple-shot.ts";
import type { Method, Support } from "../methods/method.ts";
import type { LearningCurve } from "./evidence.ts";
import { crossValidated } from "./intervals.ts";
import { fitPowerLaw, forecast, learningCurve, type ErrorPoint, type LearningCurveInput } from "./learning-curve.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Points of floor + gain n^-decay. */
const points = (floor: number, gain: number, decay: number, standardError = 0.01): ErrorPoint[] =>
  [10, 15, 25, 40, 60, 90].map((images) => ({ images, error: floor + gain * images ** -decay, standardError }));

describe("fitPowerLaw", () => {
  it.each([
    [0.05, 1.2, 0.5],
    [0, 0.9, 0.2],
    [0.1, 5, 1.5],
    [0.02, 0.8, 1],
  ])("recovers floor %d, gain %d, decay %d", (floor, gain, decay) => {
    const law = fitPowerLaw(points(floor, gain, decay));
    expect(law.decay).toBeCloseTo(decay, 6);
    expect(law.gain).toBeCloseTo(gain, 5);
    expect(law.floor).toBeCloseTo(floor, 6);
  });

  it("has neither a floor nor a gain below 0", () => {
    // error that falls to nothing faster than any decay allowed; error that grows
    const steep = fitPowerLaw(points(0, 900, 3));
    expect(steep.floor).toBeGreaterThanOrEqual(0);
    expect(steep.gain).toBeGreaterThan(0);
    const grows = fitPowerLaw(points(0.5, -0.5, 0.5));
    expect(grows.gain).toBe(0);
    expect(grows.floor).toBeGreaterThan(0.3);
  });

  it("trusts exact points more", () => {
    const off = points(0.05, 1.2, 0.5).map((p) => (p.images === 25 ? { ...p, error: 0.9, standardError: 10 } : p));
    expect(fitPowerLaw(off).gain).toBeCloseTo(1.2, 3);
  });
});

describe("forecast", () => {
  it("is the law itself where points are exact", () => {
    const { value, interval } = forecast(points(0.05, 1.2, 0.5, 0), 400, createRandom(0));
    expect(value).toBeCloseTo(1 - (0.05 + 1.2 / 20), 6);
    expect(interval!.low).toBeCloseTo(value, 6);
    expect(interval!.high).toBeCloseTo(value, 6);
  });

  it("widens with the points' errors and stays a share", () => {
    let widest = 0;
    for (const standardError of [0.001, 0.01, 0.05, 0.3]) {
      const { value, interval } = forecast(points(0.05, 1.2, 0.5, standardError), 180, createRandom(0));
      const { low, high } = interval!;
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      expect(high).toBeLessThanOrEqual(1);
      expect(high - low).toBeGreaterThan(widest);
      widest = high - low;
    }
  });

  it("never promises an error above 1", () => {
    const hopeless = points(1.4, 0, 0.5, 0.5);
    expect(forecast(hopeless, 180, createRandom(0)).value).toBe(0);
  });

  it("does not shrink with the number of points, which are measured on the same images", () => {
    const standardError = 0.02;
    const many = range(60).map((i) => ({ images: 10 + 2 * i, error: 0.3, standardError }));
    const { low, high } = forecast(many, 120, createRandom(0)).interval!;
    // half of the variance is common: 2 x 1.96 x √0.5 standard errors, 2.8
    expect((high - low) / standardError).toBeGreaterThan(2);
    expect((high - low) / standardError).toBeLessThan(4);
  });

  it("covers the truth about as often as it says, where points err together", () => {
    const random = createRandom("coverage");
    const truth = 1 - (0.05 + 1.2 / Math.sqrt(180));
    const times = 60;
    let covered = 0;
    for (let t = 0; t < times; t++) {
      const common = random.normal();
      const drawn = points(0.05, 1.2, 0.5, 0.02).map((p) => ({
        ...p,
        error: p.error + (p.standardError * (common + random.normal())) / Math.SQRT2,
      }));
      const { low, high } = forecast(drawn, 180, random.fork(t)).interval!;
      covered += low <= truth && truth <= high ? 1 : 0;
    }
    expect(covered / times).toBeGreaterThan(0.85);
  });
});

/** Clouds of three classes on three axes. */
const clouds = (images: number, apart: number): LearningCurveInput => {
  const random = createRandom(`clouds ${images} ${apart}`);
  const labels = Int32Array.from(range(images), (i) => i % 3);
  const features = matrix(images, 8);
  labels.forEach((label, i) => {
    for (let j = 0; j < 8; j++) features.data[i * 8 + j] = random.normal() + (j === label ? apart : 0);
  });
  const support: Support = { features, labels, ways: 3 };
  return {
    support,
    groups: Int32Array.from(range(images)),
    candidate: { method: simpleShot, options: {} },
    estimate: { accuracy: crossValidated(0.9, images), images: 0.9 * images },
    random: createRandom("curve"),
  };
};

const partOf = (support: Support, rows: Int32Array): Support => ({
  ...support,
  features: takeRows(support.features, rows),
  labels: Int32Array.from(rows, (row) => support.labels[row]!),
});

const checkShares = ({ measured, forecast: later }: LearningCurve): void => {
  for (const { accuracy } of [...measured, ...later]) {
    expect(accuracy.interval!.low).toBeGreaterThanOrEqual(0);
    expect(accuracy.value).toBeGreaterThanOrEqual(accuracy.interval!.low);
    expect(accuracy.value).toBeLessThanOrEqual(accuracy.interval!.high);
    expect(accuracy.interval!.high).toBeLessThanOrEqual(1);
    expect(accuracy.interval!.high).toBeGreaterThan(accuracy.interval!.low);
  }
};

describe("learningCurve", () => {
  it("rises with the images and is carried on to 2 and 5 times as many", async () => {
    const input = clouds(150, 2.5);
    const curve = await learningCurve(input, algebra);
    checkShares(curve);
    const images = curve.measured.map((point) => point.images);
    expect(images).toEqual([...images].sort((a, b) => a - b));
    [15, 22.5, 37.5, 60, 90].forEach((wanted, i) => expect(Math.abs(images[i]! - wanted)).toBeLessThanOrEqual(1.5));
    expect(curve.measured.at(-1)).toEqual({ images: 135, imagesPerClass: 45, accuracy: input.estimate.accuracy });
    expect(curve.measured[4]!.accuracy.value).toBeGreaterThan(curve.measured[0]!.accuracy.value);
    expect(curve.forecast.map(({ factor, images: n, imagesPerClass }) => [factor, n, imagesPerClass])).toEqual([
      [2, 300, 100],
      [5, 750, 250],
    ]);
    const [twice, fivefold] = curve.forecast;
    expect(twice!.accuracy.value).toBeGreaterThanOrEqual(curve.measured[0]!.accuracy.value);
    expect(fivefold!.accuracy.value).toBeGreaterThanOrEqual(twice!.accuracy.value);
    expect(curve.text).toMatch(
      /^With 2 times the images \d+\.\d % \(.* to .*\), with 5 times the images .* is expected/,
    );
  });

  it("measures about the accuracy there is", async () => {
    // Three axes, 6 apart from noise of 1: two nearest means are 6 √2 apart, so one in 100 000 is missed.
    const curve = await learningCurve(
      { ...clouds(150, 6), estimate: { accuracy: { value: 1, interval: { low: 0.97, high: 1 } }, images: 135 } },
      algebra,
    );
    for (const point of curve.measured.slice(1)) expect(point.accuracy.value).toBeGreaterThan(0.97);
  });

  it("asks about images that were not learned", async () => {
    // Noise: the nearest image tells nothing, unless it is the image itself.
    const curve = await learningCurve(
      { ...clouds(90, 0), candidate: { method: kNearest as Method, options: kNearest.defaults } },
      algebra,
    );
    for (const point of curve.measured.slice(0, -1)) expect(point.accuracy.value).toBeLessThan(0.5);
  });

  it("is the same for the same seed and another for another", async () => {
    const input = clouds(60, 1.5);
    const again = await learningCurve({ ...input, random: createRandom("curve") }, algebra);
    expect(await learningCurve(input, algebra)).toEqual(again);
    expect(await learningCurve({ ...input, random: createRandom("other") }, algebra)).not.toEqual(again);
  });

  it("is not drawn from a few images", async () => {
    const curve = await learningCurve(clouds(9, 2), algebra);
    checkShares(curve);
    expect(curve.forecast).toEqual([]);
    expect(curve.text).toBe("Too few images to draw a learning curve.");
  });

  it("is not carried on where more images do not help", async () => {
    const input = clouds(60, 0);
    // far below what chance gave on the parts
    const estimate = { accuracy: { value: 0.05, interval: { low: 0.04, high: 0.06 } }, images: 54 };
    const curve = await learningCurve({ ...input, estimate }, algebra);
    checkShares(curve);
    expect(curve.forecast).toEqual([]);
    expect(curve.text).toContain("no forecast is made");
  });

  it("keeps groups whole and every class in what is learned", async () => {
    const shown: Int32Array[] = [];
    const watched: Method = {
      ...(simpleShot as Method),
      fitSubsets: async (support, subsets) => {
        shown.push(...subsets);
        return Promise.all(subsets.map((rows) => simpleShot.fit(partOf(support, rows), {}, algebra)));
      },
    };
    const input = clouds(120, 2);
    // groups of four images of one class
    const groups = Int32Array.from(range(120), (i) => (i % 3) + 3 * Math.floor(i / 12));
    await learningCurve({ ...input, groups, candidate: { method: watched, options: {} } }, algebra);
    expect(shown).toHaveLength(5 * 6);
    for (const rows of shown) {
      const inside = new Set(rows);
      const touched = new Set(Array.from(rows, (row) => groups[row]!));
      groups.forEach((group, i) => expect(inside.has(i)).toBe(touched.has(group)));
      expect(new Set(Array.from(rows, (row) => input.support.labels[row]!)).size).toBe(3);
    }
  });
});
