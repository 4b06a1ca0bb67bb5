import { expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { emptySampleRatio, isMismatched, observeAssignment, type SampleRatioState } from "./sample-ratio.ts";

it("agrees with the Dirichlet-multinomial Bayes factor where shares are constant", () => {
  const shares = [0.7, 0.2, 0.1];
  const arms = [0, 0, 2, 1, 0, 2, 2, 0];
  const counts = [0, 0, 0];
  let wanted = 0;
  arms.forEach((arm, n) => {
    wanted += Math.log((200 * shares[arm]! + counts[arm]!) / (200 + n) / shares[arm]!);
    counts[arm]!++;
  });
  const state = arms.reduce((s, arm) => observeAssignment(s, arm, shares), emptySampleRatio(3));
  expect(state.logEvidence).toBeCloseTo(wanted, 12);
  expect(state.counts).toEqual(counts);
});

it("has expectation 1 under the wanted shares, also where they change", () => {
  const plan = [
    [0.9, 0.1],
    [0.9, 0.1],
    [0.5, 0.5],
    [0.2, 0.8],
    [1, 0],
  ];
  const expected = (state: SampleRatioState, at: number): number =>
    at === plan.length
      ? Math.exp(state.logEvidence)
      : plan[at]!.reduce(
          (sum, share, arm) =>
            sum + (share === 0 ? 0 : share * expected(observeAssignment(state, arm, plan[at]!), at + 1)),
          0,
        );
  expect(expected(emptySampleRatio(2), 0)).toBeCloseTo(1, 12);
});

it("finds a split that is off, keeps quiet at one that is not, and knows that an arm without a share gets no key", () => {
  const run = (truth: number, keys: number): SampleRatioState => {
    const random = createRandom("split");
    let state = emptySampleRatio(2);
    for (let i = 0; i < keys; i++) state = observeAssignment(state, random.uniform() < truth ? 0 : 1, [0.5, 0.5]);
    return state;
  };
  expect(isMismatched(run(0.5, 20_000), 0.001)).toBe(false);
  expect(isMismatched(run(0.55, 5000), 0.001)).toBe(true);
  expect(isMismatched(observeAssignment(emptySampleRatio(2), 1, [1, 0]), 0.001)).toBe(true);
});
