import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import {
  differenceInterval,
  emptyDifference,
  isKnown,
  observeDifference,
  observePair,
  type DifferenceState,
} from "./difference-sequence.ts";
import { logEvidence } from "./mixture-boundary.ts";

describe("the difference of two arms", () => {
  it("takes terms whose expectation is the difference by their weight, whatever was predicted", () => {
    const [a, b, share] = [0.4, 0.7, 0.2];
    const before = [1, 1, 0].reduce<DifferenceState>(
      (s, outcome) => observeDifference(s, { isChallenger: true, share: 0.9, outcome }),
      emptyDifference,
    );
    let [expected, weight] = [0, 0];
    for (const isChallenger of [true, false])
      for (const outcome of [0, 1]) {
        const p = isChallenger ? b : a;
        const chance = (isChallenger ? share : 1 - share) * (outcome ? p : 1 - p);
        const after = observeDifference(before, { isChallenger, share, outcome });
        expect(Math.abs(after.terms - before.terms)).toBeLessThanOrEqual(1);
        expected += chance * (after.terms - before.terms);
        weight = after.weights - before.weights;
      }
    expect(expected / weight).toBeCloseTo(b - a, 12);
  });

  it("has expectation of at most 1 of the evidence against a true claim, over all courses of 6 outcomes", () => {
    const [a, b, share] = [0.8, 0.6, 0.3];
    const expected = (state: DifferenceState, left: number): number =>
      left === 0
        ? Math.exp(logEvidence(state.terms - (b - a) * state.weights, state.squares))
        : [true, false]
            .flatMap((isChallenger) => [0, 1].map((outcome) => ({ isChallenger, outcome })))
            .reduce((sum, { isChallenger, outcome }) => {
              const p = isChallenger ? b : a;
              const chance = (isChallenger ? share : 1 - share) * (outcome ? p : 1 - p);
              return sum + chance * expected(observeDifference(state, { isChallenger, share, outcome }), left - 1);
            }, 0);
    expect(expected(emptyDifference, 6)).toBeLessThanOrEqual(1);
  });

  it("stays true while accuracy drifts and shares change together, where plain averages are fooled", () => {
    const random = createRandom("drift");
    let state = emptyDifference;
    const plain = [0, 1].map(() => ({ count: 0, sum: 0 }));
    for (let i = 0; i < 6000; i++) {
      const isLate = i > 3000;
      const share = isLate ? 0.8 : 0.1;
      const isChallenger = random.uniform() < share;
      const outcome = random.uniform() < (isLate ? 0.9 : 0.5) ? 1 : 0; // both arms alike
      state = observeDifference(state, { isChallenger, share, outcome });
      const own = plain[isChallenger ? 1 : 0]!;
      own.count++;
      own.sum += outcome;
      for (const side of ["above", "below"] as const)
        expect(isKnown(state, side, { claim: 0, alpha: 0.025 })).toBe(false);
    }
    const [a, b] = plain.map(({ count, sum }) => sum / count);
    expect(b! - a!).toBeGreaterThan(0.15); // Simpson's paradox
    const { low, value, high } = differenceInterval(state, 0.05);
    expect(Math.abs(value)).toBeLessThan(0.04);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  it("says what the evidence says: the interval ends where a claim is thrown out", () => {
    const random = createRandom("interval");
    let state = emptyDifference;
    for (let i = 0; i < 2000; i++) {
      const isChallenger = random.uniform() < 0.5;
      const outcome = random.uniform() < (isChallenger ? 0.8 : 0.6) ? 1 : 0;
      state = observeDifference(state, { isChallenger, share: 0.5, outcome });
    }
    const { low, value, high } = differenceInterval(state, 0.05);
    for (const inward of [1e-9, -1e-9]) {
      expect(isKnown(state, "above", { claim: low + inward, alpha: 0.025 })).toBe(inward < 0);
      expect(isKnown(state, "below", { claim: high - inward, alpha: 0.025 })).toBe(inward < 0);
    }
    expect(low).toBeGreaterThan(0.1);
    expect(value).toBeCloseTo(0.2, 1);
    expect(high).toBeLessThan(0.3);
  });

  it("is sooner sure of pairs on the same photo, and knows nothing without chance", () => {
    const random = createRandom("pairs");
    let [pairs, single] = [emptyDifference, emptyDifference];
    for (let i = 0; i < 600; i++) {
      const control = random.uniform() < 0.8 ? 1 : 0;
      const challenger = control === 0 && random.uniform() < 0.5 ? 1 : control;
      pairs = observePair(pairs, { control, challenger });
      const isChallenger = i % 2 === 0;
      single = observeDifference(single, { isChallenger, share: 1, outcome: isChallenger ? challenger : control });
    }
    expect(differenceInterval(pairs, 0.05).low).toBeGreaterThan(0.03);
    expect(differenceInterval(single, 0.05)).toEqual({ value: 0, low: -1, high: 1 });
  });

  it("refuses numbers that are no share or outcome", () => {
    for (const wrong of [
      { share: 1.2, outcome: 1 },
      { share: 0.5, outcome: Number.NaN },
    ])
      expect(() => observeDifference(emptyDifference, { isChallenger: true, ...wrong })).toThrow(/wanted numbers in/);
  });
});
