import { afterAll, describe, expect, it } from "vitest";
import { matrix, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { openAlgebra } from "./algebra.ts";
import { project, projectBack, solveScatterSystems, type Frame, type ScatterSystems } from "./scatter-systems.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const [IMAGES, DIM, WIDTH] = [12, 5, 2];
const random = createRandom("scatter");
const normals = (rows: number, columns: number): Matrix =>
  matrix(
    rows,
    columns,
    Float32Array.from({ length: rows * columns }, () => random.normal()),
  );

const features = normals(IMAGES, DIM);
/** The first leaves two images out; the second is about another origin and weighs images unlike. */
const frames: readonly Frame[] = [
  { origin: new Float64Array(DIM), weights: Float32Array.from({ length: IMAGES }, (_, i) => (i < 2 ? 0 : 1)) },
  {
    origin: Float64Array.from({ length: DIM }, (_, k) => k / 10),
    weights: Float32Array.from({ length: IMAGES }, (_, i) => (i === 5 ? 0 : 1 + i / 10)),
  },
];

/** z_i = weight_i (x_i - origin), by the definition. */
const framed = ({ origin, weights }: Frame): number[][] =>
  Array.from(weights, (w, i) => Array.from(origin, (o, k) => w * (features.data[i * DIM + k]! - o)));

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, k) => sum + v * b[k]!, 0);
const column = (m: Matrix, c: number): number[] => Array.from({ length: m.rows }, (_, i) => m.data[i * m.columns + c]!);

describe("project and projectBack", () => {
  it("multiply by each frame's rows, and by their transpose", async () => {
    const v = normals(DIM, 2 * WIDTH);
    const u = normals(IMAGES, 2 * WIDTH);
    const forth = await project(features, frames, v, algebra);
    const back = await projectBack(features, frames, matrix(u.rows, u.columns, u.data.slice()), algebra);
    for (let c = 0; c < 2 * WIDTH; c++) {
      const z = framed(frames[Math.floor(c / WIDTH)]!);
      column(forth, c).forEach((got, i) => expect(got).toBeCloseTo(dot(z[i]!, column(v, c)), 4));
      column(back, c).forEach((got, k) => {
        const wanted = dot(
          z.map((row) => row[k]!),
          column(u, c),
        );
        expect(got).toBeCloseTo(wanted, 4);
      });
    }
  });
});

/** (Zᵀ D C Z + λ I) b, by the definition. */
const applied = (
  frame: Frame,
  { strata, importance }: Pick<ScatterSystems, "strata" | "importance">,
  lambda: number,
  b: readonly number[],
): number[] => {
  const worth = (i: number): number => importance?.[i] ?? 1;
  const z = framed(frame);
  const scores = z.map((row) => dot(row, b));
  const centred = scores.map((score, i) => {
    if (frame.weights[i] === 0) return 0;
    const own = [...scores.keys()].filter((k) => frame.weights[k] !== 0 && strata[k] === strata[i]);
    const total = own.reduce((sum, k) => sum + worth(k), 0);
    return worth(i) * (score - own.reduce((sum, k) => sum + worth(k) * scores[k]!, 0) / total);
  });
  return b.map((v, k) => {
    const along = z.map((row) => row[k]!);
    return dot(along, centred) + lambda * v;
  });
};

describe("solveScatterSystems", () => {
  it.each([
    { what: "total scatter", strata: new Int32Array(IMAGES) },
    { what: "scatter within classes", strata: Int32Array.from({ length: IMAGES }, (_, i) => i % 3) },
    {
      what: "scatter of images that count unlike",
      strata: Int32Array.from({ length: IMAGES }, (_, i) => i % 2),
      importance: Float32Array.from({ length: IMAGES }, (_, i) => (i % 2 === 0 ? 7 : 0.3)),
    },
  ])("solves every subset's system: $what", async ({ strata, importance }) => {
    const shifts = [0.3, 2];
    const systems: ScatterSystems = {
      features,
      frames,
      strata,
      importance,
      shifts,
      rightSides: normals(DIM, 2 * WIDTH),
    };
    const solution = await solveScatterSystems(systems, algebra);
    for (let c = 0; c < 2 * WIDTH; c++) {
      const j = Math.floor(c / WIDTH);
      const got = applied(frames[j]!, systems, shifts[j]!, column(solution, c));
      const wanted = column(systems.rightSides, c);
      const miss = Math.hypot(...got.map((v, k) => v - wanted[k]!));
      expect(miss).toBeLessThan(1e-4 * Math.hypot(...wanted));
    }
  });
});
