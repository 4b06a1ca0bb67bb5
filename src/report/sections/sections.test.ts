import { expect, it } from "vitest";
import { coverageCurve } from "./calibration.ts";
import { setSizes } from "./unknown.ts";

const judged = (probability: number, right: boolean) => ({
  row: 0,
  item: 0,
  name: "",
  label: 0,
  predicted: right ? 0 : 1,
  probability,
  truth: 0,
});

it("counts answers and right answers from the most confident on, equal ones together", () => {
  const curve = coverageCurve([judged(0.6, false), judged(0.9, true), judged(0.8, true), judged(0.8, false)]);
  expect(curve).toEqual([
    { threshold: 0.9, coverage: 0.25, precision: 1 },
    { threshold: 0.8, coverage: 0.75, precision: 2 / 3 },
    { threshold: 0.6, coverage: 1, precision: 0.5 },
  ]);
});

it("counts prediction sets by size, never empty", () => {
  const row = (probabilities: number[]) => ({ label: 0, predicted: 0, votes: [0], probabilities, unknownScore: 0 });
  expect(setSizes([row([0.5, 0.3, 0.2]), row([0.9, 0.05, 0.05]), row([0.34, 0.33, 0.33])], 0.3)).toEqual([1, 1, 1]);
  expect(setSizes([row([0.4, 0.35, 0.25])], 0.6)).toEqual([1]);
});
