import { expect, it } from "vitest";
import { matrix, rowOf } from "../../src/base/matrix.ts";
import { createRandom } from "../../src/base/random.ts";
import { evaluateHeads, type EvaluateHeadsOptions } from "../../src/evaluate/evaluate-heads.ts";
import { hasManyScores } from "../../src/methods/many-classes.ts";
import { renderReport } from "../../src/report/render-report.ts";
import { madeInput } from "../report-fixture.ts";

const CLASSES = 1000;
const SHOTS = 4;
const DIM = 24;

/** Clouds about random points; an image's cloud is the wider, the more classes overlap. */
const clouds = (spread: number): EvaluateHeadsOptions & { readonly fresh: EvaluateHeadsOptions["features"] } => {
  const random = createRandom("many classes");
  const points = Array.from({ length: CLASSES }, () => Float32Array.from({ length: DIM }, () => random.normal()));
  const draw = (rows: number): EvaluateHeadsOptions["features"] => {
    const features = matrix(rows, DIM);
    for (let i = 0; i < rows; i++)
      rowOf(features, i).set(points[i % CLASSES]!.map((v) => v + spread * random.normal()));
    return features;
  };
  const labels = Int32Array.from({ length: CLASSES * SHOTS }, (_, i) => i % CLASSES);
  return {
    features: draw(labels.length),
    fresh: draw(CLASSES),
    labels,
    // the last two images of a class are one scene
    groups: labels.map((label, i) => (i < CLASSES * (SHOTS - 1) ? i : CLASSES * (SHOTS - 2) + label)),
    classes: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
    random: createRandom("evaluation"),
    threads: 1,
  };
};

it("case 26: very many classes are judged by a sample, within bounds, and rightly", async () => {
  const set = clouds(0.75);
  expect(hasManyScores(set.labels.length, CLASSES)).toBe(true);
  const { evidence, findings, predict } = await evaluateHeads(set);
  const { sample, nested } = findings;
  const asked = sample!.rows;

  // No more numbers are held than those of the images asked, and no table [classes, classes].
  expect(asked.length).toBeLessThan(set.labels.length * 0.6);
  expect(nested).toHaveLength(1);
  expect(nested[0]!.probabilities.data).toHaveLength(asked.length * CLASSES);
  expect(9 * nested[0]!.probabilities.data.byteLength).toBeLessThanOrEqual(200e6);
  expect(evidence.confusion).toBeNull();
  expect(evidence.confusedPairs!.length).toBeGreaterThan(0);
  expect(evidence.confusedPairs!.length).toBeLessThanOrEqual(1000);
  expect(evidence.outOfFold).toHaveLength(set.labels.length);
  expect(Math.max(...evidence.outOfFold!.map((one) => one.probabilities.length))).toBeLessThanOrEqual(21);
  expect(JSON.stringify(evidence).length).toBeLessThan(4e6);

  // Groups are asked whole and in one fold; every class is still learned from.
  const foldOf = new Map(Array.from(asked, (row, at) => [row, findings.plan.rounds[0]!.folds[at]!]));
  for (const [row, fold] of foldOf)
    set.groups.forEach((group, other) => group === set.groups[row] && expect(foldOf.get(other)).toBe(fold));
  for (let held = 0; held < 3; held++)
    expect(new Set(set.labels.filter((_, row) => foldOf.get(row) !== held)).size).toBe(CLASSES);

  // The estimate is that of the model at hand, asked about images drawn anew, or a little less: of an asked image's
  // class one or two of four images are left out.
  const { probabilities } = await predict(set.fresh);
  let right = 0;
  for (let i = 0; i < CLASSES; i++) if (rowOf(probabilities, i)[i] === Math.max(...rowOf(probabilities, i))) right++;
  const { low, high } = evidence.accuracy!.interval!;
  expect(right / CLASSES).toBeGreaterThan(low);
  expect(right / CLASSES).toBeLessThan(high + 0.08);
  expect(evidence.accuracy!.value).toBeGreaterThan(0.5);
  expect(evidence.accuracy!.value).toBeLessThan(0.99);

  // What is not known is said once, as a count.
  const known = evidence.classes.filter((one) => one.recall !== null);
  expect(known.length).toBe(CLASSES - findings.plan.unasked.length);
  expect(evidence.images).toBe(set.labels.length);
  expect(evidence.classes.map((one) => one.images)).toEqual(Array.from({ length: CLASSES }, () => SHOTS));
  expect(evidence.warnings.filter((text) => text.includes("classes"))).toEqual([
    expect.stringContaining(`${set.labels.length} images of ${CLASSES} classes are too many to judge each`),
  ]);
  expect(evidence.protocol.text).toContain(`a random sample of ${asked.length} of the ${set.labels.length} images`);
  expect(evidence.learningCurve).toMatchObject({ measured: [], text: expect.stringContaining("Not measured") });
  expect(evidence.selection.candidates.map((one) => one.method)).toEqual(["nearest-class-mean", "simple-shot"]);
  expect(evidence.unknown!.falseAcceptByClass).toEqual([]);
  expect(evidence.unknown!.auroc).toBeGreaterThan(0.7);
  expect(evidence.conformal!.coverage).toBeGreaterThan(0.85);
});

it("case 26: classes that lie apart are all recognised, whichever are asked; the same again in another order", async () => {
  const set = clouds(0.1);
  const keys = Array.from(set.labels.keys(), (i) => `photo ${i}`);
  const { evidence } = await evaluateHeads({ ...set, keys, heads: ["simple-shot"] });
  expect(evidence.accuracy!.value).toBe(1);
  const back = [...set.labels.keys()].reverse();
  const turned = await evaluateHeads({
    ...set,
    features: matrix(back.length, DIM, Float32Array.from(back.flatMap((i) => [...rowOf(set.features, i)]))),
    labels: Int32Array.from(back, (i) => set.labels[i]!),
    groups: Int32Array.from(back, (i) => set.groups[i]!),
    keys: back.map((i) => keys[i]!),
    heads: ["simple-shot"],
  });
  back.forEach((i, at) => expect(turned.evidence.outOfFold![at]!.votes).toEqual(evidence.outOfFold![i]!.votes));
});

it("case 26: the report lists confused pairs of a sample and says that it is one", async () => {
  const set = clouds(0.9);
  const { evidence } = await evaluateHeads({ ...set, heads: ["simple-shot"] });
  const images = Array.from(set.labels, (label, i) => ({ name: `${label}/${i}.jpg`, label }));
  const input = madeInput({ classes: set.classes, images, thumbnail: async () => null, sparse: true });
  const page = await renderReport({ ...input, evidence });
  expect(page.length).toBeLessThan(3e6);
  expect(page).toContain('id="confused-pairs"');
  expect(page).not.toContain('id="matrix"');
  expect(page).not.toContain('id="false-accepts"');
  expect(page).toContain("A random sample of ");
  expect(page).toContain("not asked");
  expect(page).toContain("are too many to judge each");
});
