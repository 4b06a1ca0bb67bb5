import { describe, expect, it } from "vitest";
import { matrix, matrixOf, rowOf, takeRows } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { evaluateHeads, type EvaluateHeadsOptions } from "./evaluate-heads.ts";
import { roundWithMade, rowsWithMade, withMade, type Made } from "./made.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const photos = {
  features: matrixOf([
    [1, 0],
    [2, 0],
    [0, 1],
  ]),
  labels: Int32Array.from([0, 0, 1]),
  ways: 2,
};
const made: Made = {
  features: matrixOf([
    [0, 3],
    [5, 0],
  ]),
  labels: Int32Array.from([1, 0]),
  source: Int32Array.from([2, 0]),
};

describe("withMade", () => {
  it("puts made rows after the photos", () => {
    const all = withMade(photos, made);
    expect(all.features).toEqual(
      matrixOf([
        [1, 0],
        [2, 0],
        [0, 1],
        [0, 3],
        [5, 0],
      ]),
    );
    expect([...all.labels]).toEqual([0, 0, 1, 1, 0]);
    expect(withMade(photos, undefined)).toBe(photos);
  });

  it("leaves every class the share that its photos give it", () => {
    // by hand: 2 + 1 rows of class 0, 1 + 1 of class 1, 5 rows of 3 photos
    const plain = withMade(photos, made).classWeights!;
    expect([...plain]).toEqual([expect.closeTo((5 / 3) * (2 / 3), 12), expect.closeTo((5 / 3) * (1 / 2), 12)]);
    expect(3 * plain[0]! + 2 * plain[1]!).toBeCloseTo(5, 12);
    const balanced = withMade({ ...photos, classWeights: Float64Array.from([0.75, 1.5]) }, made).classWeights!;
    expect(3 * balanced[0]!).toBeCloseTo(2 * balanced[1]!, 12);
  });

  it("refuses rows of no class, or of no photo", () => {
    expect(() => withMade(photos, { ...made, labels: Int32Array.from([1, 2]) })).toThrow("made row 1");
    expect(() => withMade(photos, { ...made, source: Int32Array.from([2, 3]) })).toThrow("made row 1");
    expect(() => withMade(photos, { ...made, source: Int32Array.from([2]) })).toThrow("made rows");
    expect(() => withMade(photos, { ...made, features: matrix(2, 3) })).toThrow("made rows");
  });
});

describe("rows made from photos", () => {
  it("are in the fold of their photo, and only photos are asked", () => {
    const round = roundWithMade({ folds: Int32Array.from([1, -1, 0]), count: 2 }, made.source);
    expect(round).toEqual({ folds: Int32Array.from([1, -1, 0, 0, 1]), count: 2, asked: Int32Array.from([0, 1, 2]) });
    const sample = { folds: Int32Array.from([1, -1, 0]), count: 2, asked: Int32Array.from([2]) };
    expect([...roundWithMade(sample, made.source).asked!]).toEqual([2]);
  });

  it("go along with a part of the photos", () => {
    expect([...rowsWithMade(Int32Array.from([0, 1]), made.source, 3)]).toEqual([0, 1, 4]);
    expect([...rowsWithMade(Int32Array.from([1]), made.source, 3)]).toEqual([1]);
  });
});

/** Clouds around one axis a class. */
const clouds = (shots: readonly number[], apart: number, dim: number, seed: string): EvaluateHeadsOptions => {
  const random = createRandom(seed);
  const labels = Int32Array.from(shots.flatMap((n, c) => new Array<number>(n).fill(c)));
  const features = matrix(labels.length, dim);
  labels.forEach((label, i) => {
    for (let j = 0; j < dim; j++) features.data[i * dim + j] = random.normal() + (j === label ? apart : 0);
  });
  return {
    features,
    labels,
    groups: Int32Array.from(labels.keys()),
    classes: shots.map((_, c) => `class ${c}`),
    keys: [...labels.keys()].map((i) => `photo ${i}`),
    random: createRandom("evaluation"),
    threads: 1,
  };
};

/** So many exact copies of every photo. */
const copiesOf = ({ features, labels }: EvaluateHeadsOptions, times: number): Made => {
  const source = Int32Array.from(range(labels.length * times), (i) => i % labels.length);
  return { features: takeRows(features, source), labels: source.map((photo) => labels[photo]!), source };
};

/** So many rows of every photo, drawn around the mean of its class. */
const drawnOf = (
  { labels }: EvaluateHeadsOptions,
  { apart, dim, times }: Record<"apart" | "dim" | "times", number>,
): Made => {
  const random = createRandom("made");
  const source = Int32Array.from(range(labels.length * times), (i) => i % labels.length);
  const features = matrix(source.length, dim);
  source.forEach((photo, i) => {
    for (let j = 0; j < dim; j++) rowOf(features, i)[j] = random.normal() + (j === labels[photo] ? apart : 0);
  });
  return { features, labels: source.map((photo) => labels[photo]!), source };
};

describe("evaluateHeads with made rows", () => {
  it("does not know a held-out photo by its copies: on noise accuracy stays at chance", async () => {
    let sum = 0;
    const sets = 3;
    for (const seed of range(sets)) {
      const options = { ...clouds([25, 25], 0, 8, `noise ${seed}`), heads: ["k-nn", "nearest-class-mean"] };
      const { evidence } = await evaluateHeads({ ...options, made: copiesOf(options, 3) });
      sum += evidence.accuracy!.value;
      for (const point of evidence.learningCurve!.measured) expect(point.accuracy.value).toBeLessThan(0.75);
    }
    // one set's accuracy varies by 0.086 (as in evaluate-heads.test.ts); with copies in training k-nn would reach 1
    expect(Math.abs(sum / sets - 0.5)).toBeLessThan((2.5 * 0.086) / Math.sqrt(sets));
  });

  it("helps where rows tell more of the classes than few photos do", async () => {
    const options = { ...clouds([8, 8, 8, 8], 2, 60, "few"), heads: ["nearest-class-mean"] };
    const [without, helped] = [
      await evaluateHeads(options),
      await evaluateHeads({ ...options, made: drawnOf(options, { apart: 2, dim: 60, times: 20 }) }),
    ].map(({ evidence }) => evidence.accuracy!.value);
    expect(without).toBeLessThan(0.7);
    expect(helped! - without!).toBeGreaterThan(0.1);
  });

  it("asks the same photos in the same folds, and knows strangers by photos alone", async () => {
    const options = { ...clouds([9, 12, 10, 8], 1.5, 16, "folds"), heads: ["nearest-class-mean", "lda"] };
    const plain = await evaluateHeads(options);
    const helped = await evaluateHeads({ ...options, made: drawnOf(options, { apart: 1.5, dim: 16, times: 4 }) });
    expect(helped.findings.plan).toEqual(plain.findings.plan);
    expect(helped.findings.labels).toEqual(plain.findings.labels);
    expect(helped.findings.unknown).toEqual(plain.findings.unknown);
    expect(helped.unknown).toEqual(plain.unknown);
    expect(helped.evidence).toMatchObject({ images: 39, groups: 39 });
    expect(helped.evidence.classes.map((c) => c.images)).toEqual([9, 12, 10, 8]);
    expect(helped.evidence.outOfFold).toHaveLength(39);
    expect(helped.evidence.calibration!.bins.reduce((sum, bin) => sum + bin.images, 0)).toBeCloseTo(39, 9);
    expect(helped.evidence.learningCurve!.measured.map((p) => p.images)).toEqual(
      plain.evidence.learningCurve!.measured.map((p) => p.images),
    );
    expect(helped.evidence.outOfFold).not.toEqual(plain.evidence.outOfFold);
  });

  it("fits the final head on photos and made rows", async () => {
    const options = { ...clouds([6, 6], 4, 8, "final"), heads: ["nearest-class-mean"] };
    const drawn = drawnOf(options, { apart: 4, dim: 8, times: 2 });
    const { state } = await evaluateHeads({ ...options, made: drawn });
    const all = withMade({ ...options, ways: 2 }, drawn);
    const together = await evaluateHeads({
      ...options,
      features: all.features,
      labels: all.labels,
      groups: Int32Array.from(all.labels.keys()),
      keys: undefined,
    });
    expect(state).toEqual(together.state);
  });

  it("draws a part of the photos for the learning curve with the rows made from them", async () => {
    const options = { ...clouds([30, 30], 1, 60, "curve"), heads: ["nearest-class-mean"] };
    const plain = await evaluateHeads(options);
    const helped = await evaluateHeads({ ...options, made: drawnOf(options, { apart: 1, dim: 60, times: 20 }) });
    const first = ({ evidence }: typeof plain) => evidence.learningCurve!.measured[0]!.accuracy.value;
    expect(first(helped) - first(plain)).toBeGreaterThan(0.05);
  });

  it("of very many classes asks a sample of the photos, the same as without", async () => {
    const random = createRandom("many");
    const classes = 1100;
    const features = matrix(classes * 3, 8);
    features.data.forEach((_, i) => (features.data[i] = random.normal()));
    const labels = Int32Array.from(range(classes * 3), (i) => i % classes);
    const options: EvaluateHeadsOptions = {
      features,
      labels,
      groups: Int32Array.from(labels.keys()),
      classes: range(classes).map(String),
      keys: [...labels.keys()].map(String),
      random: createRandom("evaluation"),
      threads: 1,
      heads: ["nearest-class-mean"],
    };
    const plain = await evaluateHeads(options);
    const helped = await evaluateHeads({ ...options, made: copiesOf(options, 1) });
    expect(helped.findings.sample).toEqual(plain.findings.sample);
    expect(helped.findings.plan).toEqual(plain.findings.plan);
    expect(helped.findings.unknown).toEqual(plain.findings.unknown);
    // a copy of every photo moves no class mean, and cannot make its photo known: nothing changes
    expect(helped.evidence.accuracy!.value).toBeCloseTo(plain.evidence.accuracy!.value, 2);
  });
});
