import { describe, expect, it } from "vitest";
import { createRandom } from "../base/random.ts";
import { createCostModel } from "./cost-model.ts";

describe("what a batch costs", () => {
  it("finds the line through exact observations", () => {
    const cost = createCostModel();
    for (let i = 0; i < 4; i++) for (const n of [1, 4, 16]) cost.observe(n, 3 * n + 5);
    expect(cost.perItemMs).toBeCloseTo(3, 2);
    expect(cost.fixedMs).toBeCloseTo(5, 1);
    expect(cost.predict(8)).toBeCloseTo(29, 1);
  });

  it("finds it under noise, and follows an engine that becomes slower", () => {
    const random = createRandom(1);
    const cost = createCostModel();
    const run = (perItem: number): void => {
      for (let i = 0; i < 300; i++) {
        const n = 1 + random.integer(16);
        cost.observe(n, Math.max(0.1, perItem * n + 4 + 0.3 * random.normal()));
      }
    };
    run(2);
    expect(Math.abs(cost.perItemMs - 2)).toBeLessThan(0.1);
    run(3);
    expect(Math.abs(cost.perItemMs - 3)).toBeLessThan(0.1);
    expect(Math.abs(cost.fixedMs - 4)).toBeLessThan(0.6);
  });

  it("stays usable when all batches are of one size", () => {
    const cost = createCostModel();
    for (let i = 0; i < 5000; i++) cost.observe(1, 10);
    expect(cost.predict(1)).toBeCloseTo(10, 1);
    for (let i = 0; i < 400; i++) cost.observe(1 + (i % 8), 2 * (1 + (i % 8)) + 1);
    expect(cost.perItemMs).toBeCloseTo(2, 1);
  });

  it("counts a pause of the machine as no more than twice what was expected", () => {
    const cost = createCostModel();
    for (let i = 0; i < 30; i++) cost.observe(1 + (i % 4), 10 * (1 + (i % 4)));
    cost.observe(1, 60_000);
    expect(cost.predict(1)).toBeLessThan(20);
  });

  it("is nothing before anything was observed, and is doubted by tenths", () => {
    const cost = createCostModel();
    expect(cost.predict(4)).toBe(0);
    cost.observe(1, 10);
    const before = cost.predict(1);
    cost.doubt();
    expect(cost.predict(1)).toBeCloseTo(0.9 * before, 6);
  });
});
