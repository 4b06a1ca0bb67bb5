import { describe, expect, it } from "vitest";
import { simulateExperiment } from "../../../test/fixtures/simulate-experiment.ts";
import { createRandom } from "../../base/random.ts";
import { decide, DEFAULT_RULES, summarise, type DecisionRules } from "./decide.ts";
import {
  observeAnswer,
  observeFeedback,
  observeKey,
  observeShadow,
  startExperiment,
  type ExperimentState,
} from "./experiment.ts";

interface Truth {
  /** Accuracy and shares of failing, unknown and slow answers, by arm. */
  readonly right: readonly number[];
  readonly failed?: readonly number[];
  readonly slow?: readonly number[];
  readonly shares?: readonly number[];
  /** Share of the challengers' keys that get lost before they are counted. */
  readonly lost?: number;
}

const NAMES = ["old", "new", "other"];

const run = (truth: Truth, keys: number): ExperimentState => {
  const random = createRandom("experiment");
  const arms = NAMES.slice(0, truth.right.length);
  const shares = truth.shares ?? arms.map(() => 1 / arms.length);
  let state = startExperiment(arms);
  for (let i = 0; i < keys; i++) {
    const u = random.uniform();
    let at = 0;
    for (let sum = shares[0]!; u >= sum && at < arms.length - 1; sum += shares[at]!) at++;
    const assigned = { arm: arms[at]!, shares };
    const happens = (rate = 0): boolean => random.uniform() < rate;
    if (at > 0 && happens(truth.lost)) continue;
    state = observeKey(state, assigned);
    state = observeAnswer(state, assigned, {
      failed: happens(truth.failed?.[at]),
      unknown: happens(0.05),
      slow: happens(truth.slow?.[at]),
    });
    state = observeFeedback(state, assigned, happens(truth.right[at]));
  }
  return state;
};

const verdicts = (state: ExperimentState, rules: Partial<DecisionRules> = {}): string[] =>
  decide(state, { ...DEFAULT_RULES, ...rules }).map(({ verdict }) => verdict);

describe("decisions", () => {
  it("promotes what is better, rolls back what is worse, and goes on where it is not known", () => {
    expect(verdicts(run({ right: [0.7, 0.85] }, 3000))).toEqual(["promote"]);
    expect(verdicts(run({ right: [0.85, 0.7] }, 3000))).toEqual(["roll back"]);
    expect(verdicts(run({ right: [0.8, 0.81] }, 1000))).toEqual(["go on"]);
    expect(verdicts(run({ right: [0.7, 0.9, 0.5] }, 5000))).toEqual(["promote", "roll back"]);
    expect(verdicts(startExperiment(["a", "b"]))).toEqual(["go on"]);
  });

  it("wants the gain asked for, and ends where the difference does not matter", () => {
    expect(verdicts(run({ right: [0.7, 0.85] }, 3000), { gain: 0.2 })).toEqual(["go on"]);
    expect(verdicts(run({ right: [0.9, 0.9] }, 6000), { negligible: 0.06 })).toEqual(["no difference"]);
  });

  it("rolls back over a broken guard-rail, however accurate", () => {
    const failing = decide(run({ right: [0.7, 0.9], failed: [0.01, 0.12] }, 4000));
    expect(failing[0]).toMatchObject({ verdict: "roll back", reasons: [expect.stringContaining("fail")] });
    const slow = run({ right: [0.7, 0.9], slow: [0.02, 0.3] }, 2000);
    expect(verdicts(slow)).toEqual(["roll back"]);
    expect(verdicts(slow, { guards: { failed: 0.01, unknown: 0.05, slow: null } })).toEqual(["promote"]);
  });

  it("holds everything when keys do not come by the shares", () => {
    expect(verdicts(run({ right: [0.7, 0.9], lost: 0.2 }, 6000))).toEqual(["hold"]);
  });

  it("takes pairs of shadow answers, and sums up with intervals that hold the truth", () => {
    const random = createRandom("shadow");
    let state = startExperiment(["old", "new"]);
    for (let i = 0; i < 800; i++) {
      const control = random.uniform() < 0.8;
      state = observeShadow(state, "new", { control, challenger: control || random.uniform() < 0.5 });
    }
    expect(verdicts(state)).toEqual(["promote"]);
    const { arms, differences, ratioP } = summarise(state);
    expect(arms[0]!.metrics.right).toMatchObject({ count: 800 });
    expect(arms[0]!.metrics.right.low).toBeLessThan(0.8);
    expect(arms[0]!.metrics.right.high).toBeGreaterThan(0.8);
    expect(differences[0]!.metrics.right.low).toBeGreaterThan(0);
    expect(differences[0]!.metrics.right.high).toBeGreaterThan(0.1);
    expect(ratioP).toBe(1);
    expect(arms[1]!.metrics.failed).toEqual({ count: 0, value: null, low: 0, high: 1 });
  });

  it("keeps plain state: stored as JSON and taken up again it goes on the same", () => {
    const state = run({ right: [0.7, 0.8] }, 50);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    const frozen = JSON.stringify(state);
    observeFeedback(state, { arm: "new", shares: [0.5, 0.5] }, true);
    expect(JSON.stringify(state)).toBe(frozen);
  });

  it("refuses arms that are none", () => {
    expect(() => startExperiment(["a"])).toThrow(/two or more/);
    expect(() => startExperiment(["a", "a"])).toThrow(/none twice/);
    const state = startExperiment(["old", "new"]);
    expect(() => observeKey(state, { arm: "mew", shares: [0.5, 0.5] })).toThrow(/unknown arm "mew"/);
    expect(() => observeKey(state, { arm: "new", shares: [1] })).toThrow(/wanted 2, got 1/);
    expect(() => observeShadow(state, "old", { control: true, challenger: true })).toThrow(/unknown challenger/);
  });
});

describe("in a world in which the truth is known, deciding anew after every outcome", () => {
  it("seldom promotes an arm that is no better", () => {
    const ends = Array.from({ length: 60 }, (_, i) =>
      simulateExperiment({ control: 0.85, challenger: 0.85, share: 0.5, most: 1500 }, createRandom(`null/${i}`)),
    );
    expect(ends.filter(({ verdict }) => verdict === "promote").length / 60).toBeLessThanOrEqual(0.05);
    expect(ends.filter(({ verdict }) => verdict !== "go on").length / 60).toBeLessThanOrEqual(0.1);
  });

  it("finds an arm that is better by 5 points in 9 of 10 cases", () => {
    const ends = Array.from({ length: 30 }, (_, i) =>
      simulateExperiment({ control: 0.85, challenger: 0.9, share: 0.5, most: 6000 }, createRandom(`gain/${i}`)),
    );
    expect(ends.filter(({ verdict }) => verdict === "promote").length / 30).toBeGreaterThanOrEqual(0.9);
  });
});
