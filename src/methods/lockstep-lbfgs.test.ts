import { describe, expect, it } from "vitest";
import { matrix, matrixOf, type Matrix } from "../base/matrix.ts";
import { minimise, type Problems } from "./lockstep-lbfgs.ts";

/** A function of two variables with its gradient. */
type Plane = (x: number, y: number) => { readonly value: number; readonly slope: readonly [number, number] };

/** (1 - x)² + 100 (y - x²)², least at (1, 1). */
const rosenbrock: Plane = (x, y) => ({
  value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  slope: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
});

/** ½ a (x - p)² + ½ b (y - q)², least at (p, q). */
const bowl =
  (a: number, b: number, p: number, q: number): Plane =>
  (x, y) => ({
    value: (a * (x - p) ** 2 + b * (y - q) ** 2) / 2,
    slope: [a * (x - p), b * (y - q)],
  });

/** Problems of two rows and one column each, side by side; counts how often they are asked. */
const sideBySide = (planes: readonly Plane[], start: readonly (readonly [number, number])[]) => {
  const n = planes.length;
  const asked: Matrix[] = [];
  const problems: Problems = {
    start: matrixOf([start.map(([x]) => x), start.map(([, y]) => y)]),
    problems: n,
    objective: async (at) => {
      asked.push(at);
      const all = planes.map((plane, j) => plane(at.data[j]!, at.data[n + j]!));
      const slopes = [0, 1].map((k) => all.map(({ slope }) => slope[k]!));
      return { values: Float64Array.from(all, ({ value }) => value), gradient: matrixOf(slopes) };
    },
    precondition: async (gradient) => matrix(gradient.rows, gradient.columns, gradient.data.slice()),
  };
  return { problems, asked };
};

describe("minimise", () => {
  it.each([
    [-1.2, 1],
    [0.9, 0.7],
    [3, -2],
  ] as const)("goes down Rosenbrock's valley from (%s, %s)", async (startX, startY) => {
    const { problems, asked } = sideBySide([rosenbrock], [[startX, startY]]);
    const [x, y] = (await minimise(problems)).data;
    // stops where a step promises 1e-6 of what the first promised, which is the square of the first gradient
    const first = rosenbrock(startX, startY).slope.reduce((sum, v) => sum + v * v, 0);
    expect(rosenbrock(x!, y!).value).toBeLessThan(1e-6 * first);
    expect(asked.length).toBeLessThan(100);
  });

  it("solves unlike bowls together, and each as it does alone", async () => {
    const planes = [bowl(1, 1, 3, -2), bowl(1, 50, -1, 4), bowl(30, 2, 0.5, 0), rosenbrock];
    const start = [
      [0, 0],
      [5, 5],
      [-3, 2],
      [0, 0],
    ] as const;
    const together = await minimise(sideBySide(planes, start).problems);
    const wanted = [
      [3, -2],
      [-1, 4],
      [0.5, 0],
    ] as const;
    wanted.forEach(([x, y], j) => {
      const [startX, startY] = start[j]!;
      const near = 3e-3 * Math.hypot(startX - x, startY - y);
      expect(Math.abs(together.data[j]! - x)).toBeLessThan(near);
      expect(Math.abs(together.data[planes.length + j]! - y)).toBeLessThan(near);
    });
    for (const [j, plane] of planes.entries()) {
      const alone = await minimise(sideBySide([plane], [start[j]!]).problems);
      expect([together.data[j], together.data[planes.length + j]]).toEqual([...alone.data]);
    }
  });

  it("takes one step when the guess of the inverse Hessian is right", async () => {
    const { problems, asked } = sideBySide([bowl(4, 25, 2, 3)], [[0, 0]]);
    const guess = async ({ data }: Matrix): Promise<Matrix> => matrixOf([[data[0]! / 4], [data[1]! / 25]]);
    expect([...(await minimise({ ...problems, precondition: guess })).data]).toEqual([2, 3]);
    expect(asked.length).toBe(2);
  });

  it("leaves a problem that begins at its bottom, and its start, alone", async () => {
    const { problems } = sideBySide(
      [bowl(1, 1, 7, 8), bowl(1, 9, 0, 0)],
      [
        [7, 8],
        [4, 4],
      ],
    );
    const before = problems.start.data.slice();
    const end = await minimise(problems);
    expect([end.data[0], end.data[2]]).toEqual([7, 8]);
    expect(Math.abs(end.data[1]!)).toBeLessThan(0.02);
    expect(problems.start.data).toEqual(before);
  });

  it("stands still where no step brings anything", async () => {
    // a slope that lies: the value is the same everywhere
    const flat: Plane = () => ({ value: 1, slope: [1, 1] });
    const { problems } = sideBySide(
      [flat, bowl(1, 1, 2, 2)],
      [
        [0, 0],
        [0, 0],
      ],
    );
    const end = await minimise(problems);
    expect([end.data[0], end.data[2]]).toEqual([0, 0]);
    expect(end.data[1]).toBeCloseTo(2, 3);
  });
});
