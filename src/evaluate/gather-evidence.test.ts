import { describe, expect, it } from "vitest";
import { matrixOf } from "../base/matrix.ts";
import type { Estimate, LearningCurve } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import { clopperPearson } from "./intervals.ts";
import type { NestedRound } from "./nested.ts";
import type { Plan } from "./protocol.ts";
import type { UnknownResult } from "./unknown.ts";

const curve: LearningCurve = { measured: [], forecast: [], text: "not drawn" };
const drawNone = async (): Promise<LearningCurve> => curve;

/** One round's answers: the probability of "cat" for every image; null where it was not asked. */
const nested = (...cats: (number | null)[]): NestedRound => ({
  probabilities: matrixOf(cats.map((p) => (p === null ? [0, 0, 0] : [p, 1 - p, 0]))),
  predicted: Int32Array.from(cats, (p) => (p === null ? -1 : p >= 0.5 ? 0 : 1)),
  chosen: [0],
});

// Three cats, two dogs, one owl that is never asked; the first two cats are copies.
const labels = Int32Array.from([0, 0, 0, 1, 1, 2]);
const folds = Int32Array.from([0, 0, 1, 0, 1, -1]);
const plan: Plan = {
  kind: "k-fold",
  rounds: [
    { folds, count: 2 },
    { folds, count: 2 },
  ],
  canSelect: true,
  unasked: [2],
};
const findings: Findings = {
  classes: ["cat", "dog", "owl"],
  labels,
  groups: Int32Array.from([0, 0, 1, 2, 3, 4]),
  plan,
  nested: [nested(0.875, 0.625, 0.25, 0.25, 0.75, null), nested(0.875, 0.375, 0.75, 0.25, 0.625, null)],
  final: {
    chosen: 0,
    temperature: 0.3,
    selection: { method: "ridge", options: {}, score: "", candidates: [], text: "ridge was taken without comparison." },
  },
  unknown: null,
};

const near = (value: number, trials: number): unknown => {
  const { low, high } = clopperPearson(value * trials, trials);
  return {
    value: expect.closeTo(value, 12),
    interval: { low: expect.closeTo(low, 12), high: expect.closeTo(high, 12) },
  };
};

describe("gatherEvidence", () => {
  it("means confusion, accuracy and shares over repeats, by hand", async () => {
    // cats: 2 of 3 right in both rounds; dogs: 1 of 2 in both
    const evidence = await gatherEvidence(findings, drawNone);
    expect(evidence.confusion).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [0, 0, 0],
    ]);
    // groups of 2, 1, 1, 1: worth 25 / 7 images, 0.8 trials each
    expect(evidence.accuracy).toEqual(near(3 / 5, (25 / 7) * 0.8));
    expect(evidence.images).toBe(6);
    expect(evidence.groups).toBe(5);
    expect(evidence.majorityBaseline).toBe(3 / 6);
    const [cat, dog, owl] = evidence.classes;
    // cats in groups of 2 and 1: worth 9 / 5
    expect(cat).toEqual({
      name: "cat",
      images: 3,
      recall: near(2 / 3, (9 / 5) * 0.8),
      precision: 2 / 3,
      mostlyTakenFor: 1,
    });
    expect(dog).toEqual({ name: "dog", images: 2, recall: near(1 / 2, 2 * 0.8), precision: 1 / 2, mostlyTakenFor: 0 });
    expect(owl).toEqual({ name: "owl", images: 1, recall: null, precision: null, mostlyTakenFor: null });
    // two classes of 3 and 2, each worth 5 / 7 an image: 2² / ((1 / 3 + 1 / 2) 7 / 5)
    expect(evidence.balancedAccuracy).toEqual(near((2 / 3 + 1 / 2) / 2, (4 / ((5 / 6) * (7 / 5))) * 0.8));
  });

  it("gives a recall the interval of the images asked, not of all of its class", async () => {
    const partly = { ...findings, labels: Int32Array.from([0, 0, 0, 1, 1, 0]) };
    const { classes, balancedAccuracy } = await gatherEvidence(partly, drawNone);
    expect(classes[0]!.images).toBe(4);
    expect(classes[0]!.recall).toEqual(near(2 / 3, (9 / 5) * 0.8));
    expect(balancedAccuracy).toEqual((await gatherEvidence(findings, drawNone)).balancedAccuracy);
  });

  it("says of every image what models said that had not seen it", async () => {
    const { outOfFold } = await gatherEvidence(findings, drawNone);
    expect(outOfFold![1]).toEqual({
      label: 0,
      predicted: 0,
      votes: [0, 1],
      probabilities: [0.5, 0.5, 0],
      unknownScore: 0,
    });
    expect(outOfFold![4]).toMatchObject({ label: 1, predicted: 0, votes: [0, 0], probabilities: [0.6875, 0.3125, 0] });
    expect(outOfFold![5]).toEqual({ label: 2, predicted: 2, votes: [], probabilities: [0, 0, 0], unknownScore: 0 });
  });

  it("measures calibration in images, over the answers of all repeats", async () => {
    const { calibration, conformal } = await gatherEvidence(findings, drawNone);
    expect(calibration!.temperature).toBe(0.3);
    expect(calibration!.bins.reduce((sum, bin) => sum + bin.images, 0)).toBe(5);
    // 0.875 twice, right: gap 0.125 for 1 image.
    // 0.75: wrong, right, wrong (cat 2, dog 3, dog 4), then right twice (cat 2, dog 3): 3 / 5, gap 0.15 for 2.5.
    // 0.625: right, wrong, wrong: gap 0.625 - 1 / 3 for 1.5.
    const wanted = (1 * 0.125 + 2.5 * 0.15 + 1.5 * (0.625 - 1 / 3)) / 5;
    expect(calibration!.expectedCalibrationError).toBeCloseTo(wanted, 6);
    // two or three images cannot judge at 90 %
    expect(conformal).toEqual({ level: 0.9, threshold: 0, coverage: 1, meanSetSize: 3 });
  });

  it("draws the curve from the accuracy and the images that its models learned from", async () => {
    const asked: { accuracy: Estimate; images: number }[] = [];
    const evidence = await gatherEvidence(findings, async (estimate) => {
      asked.push(estimate);
      return curve;
    });
    // half of the five that are asked are held out at a time
    expect(asked).toEqual([{ accuracy: evidence.accuracy, images: 6 - 5 / 2 }]);
    expect(evidence.learningCurve).toBe(curve);
  });

  it("says how it asked", async () => {
    const textOf = async (changed: Partial<Plan>): Promise<string> =>
      (await gatherEvidence({ ...findings, plan: { ...plan, ...changed } }, drawNone)).protocol.text;
    expect(await textOf({})).toBe(
      "2-fold stratified cross-validation, 2 times, with the head chosen anew inside every fold; near-duplicates and groups stay together",
    );
    expect(await textOf({ kind: "leave-one-out", canSelect: false })).toBe(
      "Leave-one-out over 2 images or groups, with a head fixed beforehand",
    );
    const { protocol } = await gatherEvidence(findings, drawNone);
    expect(protocol).toMatchObject({ kind: "k-fold", folds: 2, repeats: 2 });
  });

  it("says that nothing can be estimated, and gives no figure", async () => {
    const evidence = await gatherEvidence(
      { ...findings, plan: { kind: "none", rounds: [], canSelect: false, unasked: [0, 1, 2] }, nested: [] },
      () => Promise.reject(new Error("no curve can be drawn")),
    );
    expect(evidence.cannotEstimate).toContain("Add images.");
    for (const name of [
      "accuracy",
      "balancedAccuracy",
      "confusion",
      "outOfFold",
      "calibration",
      "conformal",
      "unknown",
      "learningCurve",
    ] as const)
      expect(evidence[name]).toBeNull();
    expect(evidence.classes.map((c) => c.recall)).toEqual([null, null, null]);
    expect(evidence.classes.map((c) => c.images)).toEqual([3, 2, 1]);
    expect(evidence.protocol).toMatchObject({ kind: "none", folds: 0, repeats: 0, text: "Not estimated" });
    expect(evidence.warnings).toEqual([]);
  });

  it("warns of what cannot be relied on", async () => {
    const unknown = (auroc: number, falseReject: number): UnknownResult => ({
      scores: Float64Array.from([1, 2, 3, 4, 5, NaN]),
      evidence: { threshold: 1, text: "", falseReject, falseAccept: 0, auroc, falseAcceptByClass: [] },
    });
    const owl =
      'Class "owl" has too few images or groups to hold any out: it is learned, but how well it is recognised cannot be estimated.';
    const warnings = async (changed: Partial<Findings>): Promise<readonly string[]> =>
      (await gatherEvidence({ ...findings, ...changed }, drawNone)).warnings;
    expect(await warnings({ unknown: unknown(0.7, 0.05) })).toEqual([owl]);
    expect(await warnings({ unknown: unknown(0.69, 0.05) })).toEqual([owl, expect.stringContaining("hard to tell")]);
    expect(await warnings({ unknown: unknown(0.9, 0.06) })).toEqual([owl, expect.stringContaining("More than 5 %")]);
    expect(await warnings({ plan: { ...plan, canSelect: false } })).toEqual([
      owl,
      "ridge was taken without comparison.",
    ]);
    expect(await warnings({ plan: { ...plan, unasked: [] } })).toEqual([]);
    const { outOfFold } = await gatherEvidence({ ...findings, unknown: unknown(1, 0) }, drawNone);
    expect(outOfFold!.map((o) => o.unknownScore)).toEqual([1, 2, 3, 4, 5, 0]);
  });
});
