import { expect, it } from "vitest";
import { createRandom } from "./random.ts";

it("gives neighbouring keys streams that have nothing to do with each other", () => {
  const keys = Array.from({ length: 2000 }, (_, i) => i);
  for (const draw of [0, 1, 2]) {
    const values = keys.map((key) => {
      const stream = createRandom(0).fork(key);
      for (let skipped = 0; skipped < draw; skipped++) stream.uniform();
      return stream.uniform() - 0.5;
    });
    // Uniform numbers have variance 1/12; a correlation above 4 / sqrt(2000) would be chance once in 15 000 tests.
    const correlation = values.slice(1).reduce((sum, value, i) => sum + value * values[i]!, 0) / (values.length / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.09);
    expect(Math.abs(values.reduce((a, b) => a + b) / values.length)).toBeLessThan(0.03);
  }
});

it("gives the same numbers for the same seed, whatever was drawn before a fork", () => {
  const a = createRandom(7);
  const b = createRandom(7);
  a.uniform();
  expect(a.fork("x").uniform()).toBe(b.fork("x").uniform());
});
