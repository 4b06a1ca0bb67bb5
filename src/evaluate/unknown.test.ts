import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { matrix, takeRows } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import type { Support } from "../methods/method.ts";
import { areaUnderCurve, chooseThreshold, evaluateUnknown } from "./unknown.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const whole = fc.array(fc.integer({ min: -4, max: 9 }), { minLength: 1, maxLength: 60 });

const rejected = (known: readonly number[], threshold: number): number =>
  known.filter((s) => s > threshold).length / known.length;
const accepted = (strange: readonly number[], threshold: number): number =>
  strange.filter((s) => s <= threshold).length / strange.length;

/** Clouds around one axis a class, [ways x shots, 16]; every image its own group, five folds. */
const clouds = (ways: number, shots: number, apart: number) => {
  const random = createRandom(`clouds ${ways} ${apart}`);
  const labels = Int32Array.from({ length: ways * shots }, (_, i) => i % ways);
  const features = matrix(labels.length, 16);
  labels.forEach((label, i) => {
    for (let j = 0; j < 16; j++) features.data[i * 16 + j] = random.normal() + (j === label ? apart : 0);
  });
  const support: Support = { features, labels, ways };
  return { support, round: { folds: labels.map((_, i) => Math.floor(i / ways) % 5), count: 5 } };
};

describe("areaUnderCurve", () => {
  it("is the share of pairs in the right order, by hand", () => {
    expect(areaUnderCurve([1, 2], [3, 4])).toBe(1);
    expect(areaUnderCurve([3, 4], [1, 2])).toBe(0);
    expect(areaUnderCurve([1, 3], [2, 4])).toBe(0.75);
    expect(areaUnderCurve([2, 2], [2])).toBe(0.5);
    expect(areaUnderCurve([1, 2], [2, 5])).toBe(3.5 / 4);
  });

  it("is what counting all pairs gives", () => {
    fc.assert(
      fc.property(whole, whole, (known, strange) => {
        let wins = 0;
        for (const k of known) for (const s of strange) wins += s > k ? 1 : s === k ? 0.5 : 0;
        expect(areaUnderCurve(known, strange)).toBeCloseTo(wins / (known.length * strange.length), 12);
      }),
    );
  });
});

describe("chooseThreshold", () => {
  it("lies midway where known and strange part", () => {
    expect(chooseThreshold([1, 2, 3], [5, 9])).toBe(4);
  });

  it("rejects a known image in twenty where that pays, and no more", () => {
    // twenty known: one may go
    const known = [...Array.from({ length: 18 }, (_, i) => i / 100), 6, 8];
    const strange = [5, 5, 5, 7, 7, 7];
    expect(chooseThreshold(known, strange)).toBe(6.5);
    // nineteen known: none may
    expect(chooseThreshold(known.slice(1), strange)).toBe(8 * 1.001);
  });

  it("has the fewest mistakes of all that reject at most 5 %", () => {
    fc.assert(
      fc.property(whole, whole, (known, strange) => {
        const threshold = chooseThreshold(known, strange);
        const cost = (at: number): number => rejected(known, at) + accepted(strange, at);
        expect(rejected(known, threshold)).toBeLessThanOrEqual(0.05 + 1e-9);
        for (let at = -5; at <= 10; at += 0.5)
          if (rejected(known, at) <= 0.05) expect(cost(threshold)).toBeLessThanOrEqual(cost(at) + 1e-9);
      }),
      { numRuns: 300 },
    );
  });
});

describe("evaluateUnknown", () => {
  it.each([2, 3, 5, 14])("tells strangers from %d classes that lie far apart", async (ways) => {
    const { support, round } = clouds(ways, 20, 25);
    const { scores, evidence } = await evaluateUnknown(support, round, algebra);
    expect(evidence.auroc).toBeGreaterThan(0.99);
    expect(evidence.falseReject).toBeLessThanOrEqual(0.05);
    expect(evidence.falseAccept).toBeLessThan(0.05);
    expect(evidence.falseAcceptByClass).toHaveLength(ways);
    expect(evidence.text).toContain(ways > 3 ? "indicators" : "cosine");
    // what is said is what the threshold does to the scores given
    expect(evidence.falseReject).toBe(rejected(Array.from(scores), evidence.threshold));
  });

  it("finds strangers no stranger where classes are no different, and still rejects few", async () => {
    const { support, round } = clouds(5, 30, 0);
    const { evidence } = await evaluateUnknown(support, round, algebra);
    // as many strangers as known, 150: the standard error of the area is 0.033
    expect(Math.abs(evidence.auroc - 0.5)).toBeLessThan(0.13);
    expect(evidence.falseReject).toBeLessThanOrEqual(0.05);
    expect(evidence.falseAccept).toBeGreaterThan(0.8);
  });

  it("means the classes, not the images, when it counts false accepts", async () => {
    const { support } = clouds(4, 30, 5);
    // class 0 keeps a third of its images
    const rows = Array.from(support.labels.keys()).filter((i) => support.labels[i] !== 0 || i < 40);
    const labels = Int32Array.from(rows, (i) => support.labels[i]!);
    const uneven = { features: takeRows(support.features, rows), labels, ways: 4 };
    const round = { folds: labels.map((_, i) => i % 5), count: 5 };
    const { falseAccept, falseAcceptByClass } = (await evaluateUnknown(uneven, round, algebra)).evidence;
    const sizes = [10, 30, 30, 30];
    const images = falseAcceptByClass.map((share, c) => share * sizes[c]!);
    for (const count of images) expect(count).toBeCloseTo(Math.round(count), 9);
    expect(falseAccept).toBeCloseTo(falseAcceptByClass.reduce((sum, share) => sum + share) / 4, 14);
    const byImages = images.reduce((sum, count) => sum + count) / 100;
    expect(Math.abs(falseAccept - byImages)).toBeGreaterThan(0.005);
  });

  it("has no score for an image that is never held out", async () => {
    const { support, round } = clouds(3, 10, 25);
    const folds = round.folds.map((fold, i) => (i < 3 ? -1 : fold));
    const { scores, evidence } = await evaluateUnknown(support, { folds, count: 5 }, algebra);
    expect(Array.from(scores, Number.isNaN)).toEqual(Array.from(folds, (fold) => fold < 0));
    expect(evidence.auroc).toBeGreaterThan(0.99);
  });

  it("asks a sample alone, known and strange, and gives no figures by class", async () => {
    const { support, round } = clouds(4, 12, 25);
    const asked = Int32Array.from(support.labels.keys()).filter((row) => row % 3 === 0);
    const folds = round.folds.map((fold, row) => (row % 3 === 0 ? fold : -1));
    const { scores, evidence } = await evaluateUnknown(support, { folds, count: 5, asked }, algebra);
    expect(scores).toHaveLength(asked.length);
    expect(scores.some(Number.isNaN)).toBe(false);
    expect(evidence.auroc).toBeGreaterThan(0.99);
    expect(evidence.falseAccept).toBeLessThan(0.1);
    expect(evidence.falseAcceptByClass).toEqual([]);
  });

  it("scores an image by detectors that had not seen its fold", async () => {
    const { support, round } = clouds(5, 10, 4);
    const { scores } = await evaluateUnknown(support, round, algebra);
    // the first image alone in its fold: moved, it changes no score of its fold's mates
    const moved = { ...support, features: { ...support.features, data: support.features.data.slice() } };
    moved.features.data.fill(9, 0, 16);
    const after = (await evaluateUnknown(moved, round, algebra)).scores;
    round.folds.forEach((fold, i) => {
      if (i === 0 || fold !== round.folds[0]) expect(Math.abs(after[i]! - scores[i]!)).toBeGreaterThan(1e-3);
      else expect(after[i]).toBeCloseTo(scores[i]!, 4);
    });
  });
});
