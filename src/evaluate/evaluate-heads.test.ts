import { describe, expect, it } from "vitest";
import { matrix, rowOf, takeRows, type Matrix } from "../base/matrix.ts";
import { createRandom, shuffled } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { probabilitiesOf } from "./calibrate.ts";
import { evaluateHeads, type EvaluateHeadsOptions } from "./evaluate-heads.ts";
import { crossValidated } from "./intervals.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Clouds around one axis a class, so many images each. */
const clouds = (shots: readonly number[], apart: number, seed: string | number = 0): EvaluateHeadsOptions => {
  const random = createRandom(`clouds ${seed}`);
  const labels = Int32Array.from(shots.flatMap((n, c) => new Array<number>(n).fill(c)));
  const features = matrix(labels.length, 8);
  labels.forEach((label, i) => {
    for (let j = 0; j < 8; j++) features.data[i * 8 + j] = random.normal() + (j === label ? apart : 0);
  });
  return {
    features,
    labels,
    groups: Int32Array.from(labels.keys()),
    classes: shots.map((_, c) => `class ${c}`),
    random: createRandom("evaluation"),
    threads: 1,
  };
};

const few = { heads: ["nearest-class-mean", "simple-shot"] };

describe("evaluateHeads", () => {
  it("finds clouds that lie far apart, with the exact interval", async () => {
    const { evidence, method } = await evaluateHeads(clouds([8, 8, 8], 40));
    expect(evidence.accuracy).toEqual(crossValidated(1, 24));
    expect(evidence.confusion).toEqual([
      [8, 0, 0],
      [0, 8, 0],
      [0, 0, 8],
    ]);
    expect(evidence.selection.method).toBe(method.name);
    expect(evidence.selection.candidates.filter((c) => c.chosen)).toHaveLength(1);
    expect(evidence.selection.candidates.length).toBeGreaterThan(5);
    expect(evidence.unknown!.auroc).toBeGreaterThan(0.95);
    expect(evidence.warnings).toEqual([]);
  });

  it("claims no skill on noise, however many heads compete", async () => {
    const sets = 3;
    let [sum, above] = [0, 0];
    for (const seed of range(sets)) {
      const { evidence } = await evaluateHeads(clouds([25, 25], 0, `noise ${seed}`));
      sum += evidence.accuracy!.value;
      above += evidence.accuracy!.interval!.low > 0.5 ? 1 : 0;
    }
    // One set's accuracy varies by 0.086 (measured on 120 sets, mean 0.491, of which one lay above chance).
    expect(Math.abs(sum / sets - 0.5)).toBeLessThan((2.5 * 0.086) / Math.sqrt(sets));
    expect(above).toBeLessThanOrEqual(1);
  });

  it("does not learn copies by heart: groups never straddle folds", async () => {
    const random = createRandom("copies");
    const features = matrix(48, 8);
    range(12).forEach((copy) => {
      const feature = range(8).map(() => random.normal());
      for (const k of range(4)) rowOf(features, copy * 4 + k).set(feature);
    });
    const options: EvaluateHeadsOptions = {
      ...clouds([24, 24], 0),
      features,
      labels: Int32Array.from(range(48), (i) => Math.floor(i / 4) % 2),
      heads: ["k-nn"],
    };
    const copies = Int32Array.from(range(48), (i) => Math.floor(i / 4));
    const honest = await evaluateHeads({ ...options, groups: copies });
    const fooled = await evaluateHeads(options);
    expect(fooled.evidence.accuracy!.value).toBe(1);
    expect(honest.evidence.accuracy!.value).toBeLessThan(0.8);
    expect(honest.evidence.groups).toBe(12);
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    expect(width(honest.evidence.accuracy!.interval!)).toBeGreaterThan(0.4);
  });

  it("cannot estimate from one image a class, but still learns", async () => {
    const { evidence, predict, temperature } = await evaluateHeads(clouds([1, 1, 1], 40));
    expect(evidence.accuracy).toBeNull();
    expect(evidence.cannotEstimate).toContain("cannot be estimated");
    expect(evidence.protocol.kind).toBe("none");
    expect(temperature).toBe(1);
    expect(evidence.selection.text).toContain("was taken without comparison");
    const { probabilities } = await predict(clouds([1, 1, 1], 40, "others").features);
    for (const c of range(3)) expect(rowOf(probabilities, c)[c]).toBe(Math.max(...rowOf(probabilities, c)));
  });

  it("leaves one out at 2 to 4 images a class", async () => {
    for (const shots of [2, 3, 4]) {
      const { evidence } = await evaluateHeads({ ...clouds([shots, shots], 40), ...few });
      expect(evidence.protocol).toMatchObject({ kind: "leave-one-out", folds: 2 * shots, repeats: 1 });
      expect(evidence.accuracy).toEqual(crossValidated(1, 2 * shots));
      expect(evidence.selection.candidates).toHaveLength(shots === 2 ? 1 : 2);
      expect(evidence.warnings.some((w) => w.includes("without comparison"))).toBe(shots === 2);
    }
  });

  it("learns a class with a single image without judging it", async () => {
    const { evidence, predict } = await evaluateHeads({ ...clouds([1, 10, 10], 40), ...few });
    expect(evidence.classes.map((c) => c.recall?.value ?? null)).toEqual([null, 1, 1]);
    expect(evidence.outOfFold![0]!.votes).toEqual([]);
    expect(evidence.warnings).toEqual([expect.stringContaining('"class 0"')]);
    const { probabilities } = await predict(clouds([3], 40, "others").features);
    for (const i of range(3)) expect(rowOf(probabilities, i)[0]).toBeGreaterThan(0.5);
  });

  it("does not depend on the order of images that have names", async () => {
    const options = { ...clouds([9, 9], 1.5), ...few, keys: range(18).map((i) => `photo-${i}`) };
    const order = shuffled(range(18), createRandom("order"));
    const plain = await evaluateHeads(options);
    const mixed = await evaluateHeads({
      ...options,
      features: takeRows(options.features, order),
      labels: Int32Array.from(order, (i) => options.labels[i]!),
      keys: order.map((i) => options.keys[i]!),
    });
    expect(mixed.evidence.accuracy).toEqual(plain.evidence.accuracy);
    order.forEach((i, at) => expect(mixed.evidence.outOfFold![at]!.votes).toEqual(plain.evidence.outOfFold![i]!.votes));
    expect((await evaluateHeads(options)).evidence).toEqual(plain.evidence);
  });

  it("answers with the temperature it fitted, and no image of the far side is known", async () => {
    const options = clouds([15, 15, 15], 4);
    const { method, state, temperature, predict, evidence, unknown } = await evaluateHeads(options);
    expect(temperature).toBe(evidence.calibration!.temperature);
    expect(temperature).not.toBe(1);
    const away: Matrix = matrix(1, 8, Float32Array.from([-9, -9, -9, 0, 0, 0, 0, 0]));
    const { unknownScores } = await predict(away);
    expect(unknownScores[0]).toBeGreaterThan(evidence.unknown!.threshold);
    expect(unknown.distance).toBe("cosine");
    const algebra = openAlgebra(1);
    const scores = await method.predict(state, options.features, algebra).finally(() => algebra.close());
    const { probabilities } = await predict(options.features);
    probabilitiesOf(scores, temperature).data.forEach((p, at) => expect(probabilities.data[at]).toBeCloseTo(p, 5));
  });

  it("takes the heads it is told, reports progress to the end, and keeps what it found", async () => {
    const steps: [number, number][] = [];
    const { evidence, findings } = await evaluateHeads({
      ...clouds([8, 8], 3),
      heads: ["simple-shot"],
      onProgress: (done, total) => steps.push([done, total]),
    });
    // three rounds of one candidate, the unknown, the curve
    expect(steps).toEqual(range(5).map((i) => [i + 1, 5]));
    expect(evidence.selection).toMatchObject({ method: "simple-shot", text: "simple-shot was asked for." });
    expect(findings.nested).toHaveLength(3);
    expect(findings.labels).toHaveLength(16);
  });

  it("refuses heads it does not know, features that are no numbers, and classes without images", async () => {
    const options = clouds([5, 5], 3);
    await expect(evaluateHeads({ ...options, heads: ["simple-shoot"] })).rejects.toMatchObject({
      message: expect.stringContaining("simple-shoot"),
      hint: expect.stringContaining("simple-shot"),
    });
    const broken = { ...options.features, data: options.features.data.slice() };
    broken.data[3 * 8 + 1] = NaN;
    await expect(evaluateHeads({ ...options, features: broken })).rejects.toMatchObject({ code: "E_FEATURE_NAN" });
    await expect(evaluateHeads({ ...options, classes: ["a", "b", "c"] })).rejects.toMatchObject({
      code: "E_CLASS_EMPTY",
    });
  });

  it("lets a head without candidates compete when asked for, with its defaults, and not otherwise", async () => {
    const options = clouds([6, 6], 20);
    const { evidence } = await evaluateHeads({ ...options, heads: ["tip-adapter"] });
    expect(evidence.selection).toMatchObject({
      method: "tip-adapter",
      text: "tip-adapter (alpha 1, beta 5.5) was asked for.",
    });
    const { evidence: auto } = await evaluateHeads(options);
    expect(auto.selection.candidates.some(({ method }) => method === "tip-adapter")).toBe(false);
  });

  it("turns no features for a head that sees their axes", async () => {
    const { evidence, predict } = await evaluateHeads({ ...clouds([6, 6], 20), heads: ["scale-shift"] });
    expect(evidence.accuracy!.value).toBe(1);
    expect((await predict(clouds([1, 1], 20, "others").features)).probabilities.data[0]).toBeGreaterThan(0.5);
  });

  it("refuses a head that answers its queries together: no model file can hold it", async () => {
    await expect(evaluateHeads({ ...clouds([5, 5], 3), heads: ["tim"] })).rejects.toMatchObject({
      code: "E_TRANSDUCTIVE",
      kind: "usage",
      hint: expect.stringContaining("one by one"),
    });
  });
});
