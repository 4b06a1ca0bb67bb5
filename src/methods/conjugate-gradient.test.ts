import { expect, test } from "vitest";
import { createRandom } from "../base/random.ts";
import { solveSparse } from "./conjugate-gradient.ts";

test("solves a system worked by hand", () => {
  // [[4, 1], [1, 3]] x = [1, 2]: x = [1/11, 7/11] (the example of Wikipedia's article)
  const x = solveSparse(
    {
      apply: (v, to) => to.set([4 * v[0]! + v[1]!, v[0]! + 3 * v[1]!]),
      diagonal: Float64Array.of(4, 3),
    },
    Float64Array.of(1, 2),
  );
  expect(x[0]).toBeCloseTo(1 / 11, 7);
  expect(x[1]).toBeCloseTo(7 / 11, 7);
});

test("gives zeros for zeros, and the solution of a larger system", () => {
  const n = 200;
  const random = createRandom("chain");
  const wanted = Float64Array.from({ length: n }, () => random.normal());
  // a chain held at one end by a little: nearly singular
  const apply = (v: Float64Array, to: Float64Array): void => {
    for (let i = 0; i < n; i++) to[i] = 2.01 * v[i]! - (v[i - 1] ?? 0) - (v[i + 1] ?? 0);
  };
  const system = { apply, diagonal: new Float64Array(n).fill(2.01) };
  expect(solveSparse(system, new Float64Array(n))).toEqual(new Float64Array(n));
  const b = new Float64Array(n);
  apply(wanted, b);
  solveSparse(system, b).forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 4));
});

test("refuses a matrix that is not positive definite", () => {
  const system = {
    apply: (v: Float64Array, to: Float64Array) => to.set(v.map((x) => -x)),
    diagonal: Float64Array.of(1),
  };
  expect(() => solveSparse(system, Float64Array.of(1))).toThrow(/positive definite/);
});
