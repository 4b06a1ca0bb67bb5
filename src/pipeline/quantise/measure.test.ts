import { describe, expect, it } from "vitest";
import { matrixOf } from "../../base/matrix.ts";
import { createRandom } from "../../base/random.ts";
import { measure, pickRows, type Said } from "./measure.ts";

const said = (rows: readonly (readonly [number, number])[], unknown: readonly boolean[]): Said => ({
  probabilities: matrixOf(rows),
  unknown,
});

const before = said(
  [
    [0.9, 0.1],
    [0.8, 0.2],
    [0.4, 0.6],
    [0.7, 0.3],
  ],
  [false, false, false, true],
);
const after = said(
  [
    [0.9, 0.1],
    [0.4, 0.6],
    [0.4, 0.6],
    [0.3, 0.7],
  ],
  [false, true, true, true],
);
const labels = Int32Array.of(0, 0, 1, 1);

describe("before and after", () => {
  const found = measure({
    before,
    after,
    labels,
    groups: Int32Array.of(0, 1, 2, 3),
    setProbability: 0.35,
    random: createRandom(0),
  });

  it("counts right answers, same answers, and what is called unknown", () => {
    expect(found.accuracy).toEqual({ before: 0.75, after: 0.75 });
    expect(found.difference.mean).toBe(0);
    expect(found.agreement).toBe(0.5);
    expect(found.unknown).toEqual({ before: 0.25, after: 0.75 });
  });

  it("asks prediction sets with the old threshold", () => {
    expect(found.sets!.before).toEqual({ coverage: 0.75, size: 5 / 4 });
    expect(found.sets!.after).toEqual({ coverage: 1, size: 6 / 4 });
  });

  it("claims no certainty where nothing changed", () => {
    const same = measure({
      before,
      after: before,
      labels,
      groups: Int32Array.of(0, 1, 2, 3),
      setProbability: null,
      random: createRandom(0),
    });
    expect(same.sets).toBeNull();
    expect(same.difference.interval.low).toBeLessThan(-0.2);
    expect(same.difference.interval.high).toBeGreaterThan(0.2);
  });

  it("takes each photo's answer from the model chosen for it", () => {
    const picked = pickRows([before, after], Int32Array.of(0, 1, 0, 1));
    expect(Array.from(picked.probabilities.data, (p) => Math.round(10 * p))).toEqual([9, 1, 4, 6, 4, 6, 3, 7]);
    expect(picked.unknown).toEqual([false, true, false, true]);
  });
});
