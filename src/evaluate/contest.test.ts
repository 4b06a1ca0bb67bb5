import { describe, expect, it } from "vitest";
import { matrixOf } from "../base/matrix.ts";
import { fitTemperature } from "./calibrate.ts";
import { contest, type Outcome, type Rival } from "./contest.ts";
import type { LearningCurve } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import { crossValidated } from "./intervals.ts";

const IMAGES = 40;
const FOLDS = 5;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

// Images in pairs of one each class; eight a fold. The head is calibrated: 0.75, and right of three pairs in four.
const labels = Int32Array.from(range(IMAGES), (i) => i % 2);
const foldOf = (i: number): number => (i >> 1) % FOLDS;
const headIsRight = (i: number): boolean => i < 30;
const folds = Int32Array.from(range(IMAGES), foldOf);

const curve: LearningCurve = { measured: [], forecast: [], text: "of the head" };

/** A column of numbers for the truth, and another for the other class. */
const answers = (truth: (i: number) => number, other: (i: number) => number) =>
  matrixOf(range(IMAGES).map((i) => (labels[i] === 0 ? [truth(i), other(i)] : [other(i), truth(i)])));

const headFindings = (asked: (i: number) => boolean = () => true): Findings => {
  const share = (i: number, right: boolean): number => (asked(i) ? (right === headIsRight(i) ? 0.75 : 0.25) : 0);
  return {
    classes: ["cat", "dog"],
    labels,
    groups: Int32Array.from(range(IMAGES)),
    plan: {
      kind: "k-fold",
      rounds: [{ folds: folds.map((fold, i) => (asked(i) ? fold : -1)), count: FOLDS }],
      canSelect: true,
      unasked: [],
    },
    nested: [
      {
        probabilities: answers(
          (i) => share(i, true),
          (i) => share(i, false),
        ),
        predicted: labels.map((label, i) => (!asked(i) ? -1 : headIsRight(i) ? label : 1 - label)),
        chosen: range(FOLDS).map(() => 0),
      },
    ],
    final: {
      chosen: 0,
      temperature: 0.7,
      selection: {
        method: "ridge",
        options: { lambda: 1 },
        score: "",
        candidates: [
          {
            method: "ridge",
            options: { lambda: 1 },
            text: "ridge (lambda 1)",
            score: 0.56,
            standardError: 0.1,
            accuracy: 0.75,
            chosen: true,
          },
          { method: "k-nn", options: {}, text: "k-nn", score: 0.7, standardError: 0.1, accuracy: 0.5, chosen: false },
        ],
        text: "",
      },
    },
    unknown: null,
  };
};

/** A rival, right by one margin or wrong by it. */
const rivalOf = (isRight: (i: number) => boolean): Rival => ({
  method: "fine-tuned",
  options: { blocks: 2 },
  text: "fine-tuned last 2 blocks",
  round: { folds, count: FOLDS },
  scores: answers(
    (i) => (isRight(i) ? 6 : 0),
    (i) => (isRight(i) ? 0 : 6),
  ),
});

const meet = async (rival: Rival, findings = headFindings()): Promise<Outcome> => {
  const evidence = await gatherEvidence(findings, async () => curve);
  return contest({ findings, evidence }, rival);
};

describe("contest", () => {
  it("is won by a rival that is clearly better, with its own temperature and figures", async () => {
    const rival = rivalOf(() => true);
    const { won, temperature, evidence } = await meet(rival);
    expect(won).toBe("rival");
    // forty right by 6: temperature 6 / ln 41, probability 41 / 42, see fitTemperature
    expect(temperature).toBeCloseTo(6 / Math.log(41), 3);
    expect(evidence.calibration!.temperature).toBe(temperature);
    // chosen on the other 32 of every fold: probability 33 / 34
    for (const { probabilities, label } of evidence.outOfFold!) expect(probabilities[label]).toBeCloseTo(33 / 34, 3);
    expect(evidence.accuracy).toEqual(crossValidated(1, IMAGES));
    const { method, options, candidates, contestants, text } = evidence.selection;
    expect({ method, options }).toEqual({ method: "fine-tuned", options: { blocks: 2 } });
    expect(candidates.map((c) => [c.text, c.chosen])).toEqual([
      ["ridge (lambda 1)", false],
      ["k-nn", false],
      ["fine-tuned last 2 blocks", true],
    ]);
    expect(candidates[2]).toMatchObject({ accuracy: 1, standardError: expect.closeTo(0, 6) });
    expect(candidates[2]!.score).toBeCloseTo(Math.log(42 / 41), 4);
    expect(contestants).toEqual([
      { text: "ridge (lambda 1)", accuracy: crossValidated(0.75, IMAGES), used: false },
      { text: "fine-tuned last 2 blocks", accuracy: crossValidated(1, IMAGES), used: true },
    ]);
    expect(text).toMatch(/^fine-tuned last 2 blocks reached 100\.0 % .* and beat .* ridge \(lambda 1\) with 75\.0 %/);
    expect(evidence.protocol).toMatchObject({ kind: "k-fold", folds: 5, repeats: 1 });
    expect(evidence.protocol.text).toContain("the network is tuned anew for every fold");
    expect(evidence.learningCurve!.text).toContain("Not measured for a fine-tuned network");
  });

  it("keeps the head against a rival that says the same", async () => {
    const { won, temperature, evidence } = await meet(rivalOf(headIsRight));
    expect(won).toBe("head");
    expect(temperature).toBe(0.7);
    expect(evidence.accuracy).toEqual(crossValidated(0.75, IMAGES));
    expect(
      evidence.outOfFold!.every(
        ({ probabilities, label }, i) => probabilities[label] === (headIsRight(i) ? 0.75 : 0.25),
      ),
    ).toBe(true);
    expect(evidence.calibration).toMatchObject({ temperature: 0.7, expectedCalibrationError: expect.closeTo(0, 6) });
    const { method, options, candidates, contestants, text } = evidence.selection;
    expect({ method, options }).toEqual({ method: "ridge", options: { lambda: 1 } });
    expect(candidates.map((c) => c.chosen)).toEqual([true, false, false]);
    expect(contestants!.map((c) => c.used)).toEqual([true, false]);
    expect(text).toContain("was kept with 75.0 %");
    expect(evidence.learningCurve).toBe(curve);
  });

  it("keeps the head against one that is worse", async () => {
    const { won, evidence } = await meet(rivalOf((i) => i % 4 < 2));
    expect(won).toBe("head");
    expect(evidence.accuracy!.value).toBe(0.75);
    expect(evidence.selection.contestants!.map((c) => c.accuracy.value)).toEqual([0.75, 0.5]);
  });

  it("keeps the head against one that is better by less than its standard error", async () => {
    // right of five that the head missed, wrong of four that it knew: 31 of 40
    const { won, evidence } = await meet(rivalOf((i) => (i < 30 ? i >= 4 : i >= 35)));
    expect(won).toBe("head");
    expect(evidence.selection.contestants![1]!.accuracy.value).toBe(31 / 40);
    expect(evidence.selection.candidates[2]!.score).toBeLessThan(0.5623);
  });

  it("gives the accuracy of the choosing, decided for every fold without it", async () => {
    // Perfect but for fold 0: without fold 0 it wins and answers fold 0, all wrong; without another fold it is right
    // of 24 in 32 like the head, which is kept: 24 of 32 right. On all it is right of 32, within its error of the 30.
    const { won, evidence } = await meet(rivalOf((i) => foldOf(i) !== 0));
    expect(won).toBe("head");
    expect(evidence.selection.contestants!.map((c) => c.accuracy.value)).toEqual([0.75, 0.8]);
    expect(evidence.accuracy).toEqual(crossValidated(24 / 40, IMAGES));
    evidence.outOfFold!.forEach(({ predicted, label }, i) =>
      expect(predicted === label).toBe(foldOf(i) !== 0 && headIsRight(i)),
    );
  });

  it("compares only images that were asked of both", async () => {
    const [byHead, byRival] = [(i: number) => i % 10 !== 0, (i: number) => i % 10 !== 9];
    const rival = rivalOf(() => true);
    const partly = { ...rival, round: { folds: folds.map((fold, i) => (byRival(i) ? fold : -1)), count: FOLDS } };
    const both = range(IMAGES).filter((i) => byHead(i) && byRival(i));
    const { temperature, evidence } = await meet(partly, headFindings(byHead));
    expect(evidence.outOfFold!.flatMap(({ votes }, i) => (votes.length > 0 ? [i] : []))).toEqual(both);
    expect(evidence.accuracy).toEqual(crossValidated(1, both.length));
    expect(evidence.selection.contestants![0]!.accuracy.value).toBe(both.filter(headIsRight).length / both.length);
    const asked = matrixOf(both.map((i) => (labels[i] === 0 ? [6, 0] : [0, 6])));
    expect(temperature).toBe(
      fitTemperature(
        asked,
        both.map((i) => labels[i]!),
      ),
    );
  });

  it("does not count copies as evidence for the rival", async () => {
    // 33 right, six of them copies of one image that the head missed
    const isRight = (i: number): boolean => (i < 30 ? i >= 3 : i < 36);
    expect((await meet(rivalOf((i) => i < 36))).won).toBe("rival");
    const findings = headFindings();
    const copies = { ...findings, groups: findings.groups.map((group, i) => (i >= 30 && i < 36 ? 30 : group)) };
    expect((await meet(rivalOf(isRight), copies)).won).toBe("head");
  });
});
