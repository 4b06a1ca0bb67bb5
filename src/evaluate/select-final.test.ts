import { describe, expect, it } from "vitest";
import { matrixOf, type Matrix } from "../base/matrix.ts";
import { method as nearestClassMean } from "../methods/few-shot/nearest-class-mean.ts";
import { method as ridge } from "../methods/few-shot/ridge.ts";
import { method as simpleShot } from "../methods/few-shot/simple-shot.ts";
import type { Candidate, HeldOutScores } from "./cross-validate.ts";
import type { Plan } from "./protocol.ts";
import { describeCandidate, selectFinal } from "./select-final.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const labels = Int32Array.from([0, 1, 0, 1, 0, 1, 0, 1]);
const groups = Int32Array.from(range(8));
const candidates: Candidate[] = [
  { method: nearestClassMean, options: { metric: "cosine" } },
  { method: simpleShot, options: {} },
  { method: ridge, options: { lambda: 0.1 } },
];
const folds = Int32Array.from([0, 0, 1, 1, 2, 2, 3, 3]);
const plan: Plan = {
  kind: "k-fold",
  rounds: [
    { folds, count: 4 },
    { folds, count: 4 },
  ],
  canSelect: true,
  unasked: [],
};

/** Out-of-fold scores with these margins for the truth. */
const scores = (...margins: number[]): HeldOutScores => {
  const outer: Matrix = matrixOf(margins.map((m, i) => (labels[i] === 0 ? [m, 0] : [0, m])));
  return { outer, inner: [] };
};
const all = (margin: number): HeldOutScores => scores(...range(8).map(() => margin));
const half = scores(1, -1, 1, -1, 1, 1, -1, -1);

describe("describeCandidate", () => {
  it("names the method and its options", () => {
    expect(candidates.map(describeCandidate)).toEqual([
      "nearest-class-mean (metric cosine)",
      "simple-shot",
      "ridge (lambda 0.1)",
    ]);
  });
});

describe("selectFinal", () => {
  it("takes the best where no simpler one comes near, with its figures", () => {
    const { chosen, selection } = selectFinal({
      candidates,
      plan,
      labels,
      groups,
      scores: [
        [half, half, all(1)],
        [half, half, scores(1, 1, 1, 1, 1, 1, 1, 1)],
      ],
    });
    expect(chosen).toBe(2);
    expect(selection).toMatchObject({ method: "ridge", options: { lambda: 0.1 } });
    expect(selection.candidates.map((c) => c.chosen)).toEqual([false, false, true]);
    expect(selection.candidates.map((c) => c.accuracy)).toEqual([0.5, 0.5, 1]);
    // all eight right by one margin: probability 9 / 10, see fitTemperature
    expect(selection.candidates[2]!.score).toBeCloseTo(Math.log(10 / 9), 3);
    expect(selection.candidates[2]!.standardError).toBeCloseTo(0, 6);
    expect(selection.candidates[0]!.score).toBeCloseTo(Math.log(2), 2);
    expect(selection.text).toMatch(/^ridge \(lambda 0\.1\) has the lowest log loss of 3 candidates/);
  });

  it("takes the simplest of equals, and says of what it is near", () => {
    const { chosen, selection } = selectFinal({
      candidates,
      plan: { ...plan, rounds: plan.rounds.slice(1) },
      labels,
      groups,
      // Accuracy 7 / 8 by one margin, smoothed by a tenth: probability 0.8, loss (7 ln 1.25 + ln 5) / 8 = 0.396;
      // accuracy 6 / 8: probability 0.7, loss (6 ln (10 / 7) + 2 ln (10 / 3)) / 8 = 0.568.
      scores: [[half, scores(-1, -1, 1, 1, 1, 1, 1, 1), scores(7, 7, -7, 7, 7, 7, 7, 7)]],
    });
    expect(chosen).toBe(1);
    expect(selection.text).toBe(
      "simple-shot is the simplest of 3 candidates whose log loss (0.568) is within one standard error of the best (ridge (lambda 0.1), 0.396).",
    );
  });

  it("averages temperatures over repeats as factors", () => {
    const { temperature } = selectFinal({
      candidates: candidates.slice(0, 1),
      plan,
      labels,
      groups,
      scores: [[all(1)], [all(4)]],
    });
    // 1 / ln 9 and 4 / ln 9
    expect(temperature).toBeCloseTo(2 / Math.log(9), 3);
  });

  it("averages accuracy over repeats, over the rows asked in every one", () => {
    const partly = {
      ...plan,
      rounds: [{ folds: Int32Array.from([-1, -1, 1, 1, 2, 2, 3, 3]), count: 4 }, plan.rounds[1]!],
    };
    const { selection } = selectFinal({
      candidates: candidates.slice(1, 2),
      plan: partly,
      labels,
      groups,
      // rows 2 to 7: 6 of 6, then 3 of 6
      scores: [[scores(-9, -9, 1, 1, 1, 1, 1, 1)], [scores(-9, -9, 1, 1, 1, -1, -1, -1)]],
    });
    expect(selection.candidates[0]!.accuracy).toBe(0.75);
    expect(selection.text).toBe("simple-shot was asked for.");
  });

  it("takes the first without comparison where nothing or no pair can be held out", () => {
    const none = selectFinal({
      candidates,
      plan: { kind: "none", rounds: [], canSelect: false, unasked: [0, 1] },
      labels,
      groups,
      scores: [],
    });
    expect(none).toMatchObject({
      chosen: 0,
      temperature: 1,
      selection: { method: "nearest-class-mean", candidates: [] },
    });
    expect(none.selection.text).toContain(
      "taken without comparison, because a class has too few images to hold any out",
    );
    const single = selectFinal({
      candidates: candidates.slice(0, 1),
      plan: { ...plan, rounds: plan.rounds.slice(1), canSelect: false },
      labels,
      groups,
      scores: [[all(1)]],
    });
    expect(single.temperature).toBeCloseTo(1 / Math.log(9), 3);
    expect(single.selection.candidates).toHaveLength(1);
    expect(single.selection.text).toContain("too few images to hold two parts out at a time");
  });
});
