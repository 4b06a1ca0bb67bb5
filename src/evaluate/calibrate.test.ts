import { describe, expect, it } from "vitest";
import { matrix, matrixOf, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { fitTemperature, logLosses, probabilitiesOf } from "./calibrate.ts";

/** Labels drawn from the softmax of normal logits, and the logits. */
const simulate = (rows: number, ways: number, seed: string): { logits: Matrix; labels: Int32Array } => {
  const random = createRandom(seed);
  const logits = matrix(
    rows,
    ways,
    Float32Array.from({ length: rows * ways }, () => 2 * random.normal()),
  );
  const probabilities = probabilitiesOf(logits, 1);
  const labels = Int32Array.from({ length: rows }, (_, i) => {
    let left = random.uniform();
    return Math.max(
      0,
      rowOf(probabilities, i).findIndex((p) => (left -= p) < 0),
    );
  });
  return { logits, labels };
};

const scaled = (m: Matrix, factor: number): Matrix =>
  matrix(
    m.rows,
    m.columns,
    m.data.map((v) => v * factor),
  );

describe("probabilitiesOf", () => {
  const scores = matrixOf([
    [0, Math.log(3)],
    [2000, 2000],
  ]);

  it("is the softmax of scores over temperature", () => {
    const plain = probabilitiesOf(scores, 1);
    for (const [at, p] of [0.25, 0.75, 0.5, 0.5].entries()) expect(plain.data[at]).toBeCloseTo(p, 6);
    const sharp = probabilitiesOf(scores, 0.5);
    expect(sharp.data[0]).toBeCloseTo(0.1, 6);
    expect(sharp.data[1]).toBeCloseTo(0.9, 6);
  });

  it("neither overflows nor leaves the sum", () => {
    const wild = matrixOf([[-1e30, 3e4, 1e30]]);
    expect([...probabilitiesOf(wild, 1).data]).toEqual([0, 0, 1]);
  });
});

describe("logLosses", () => {
  it("is -log of the probability of the truth", () => {
    const scores = matrixOf([
      [0, Math.log(3)],
      [0, Math.log(3)],
    ]);
    const [wrong, right] = logLosses(scores, [0, 1], 1);
    expect(wrong).toBeCloseTo(Math.log(4), 6);
    expect(right).toBeCloseTo(Math.log(4 / 3), 6);
    expect(logLosses(scores, [0, 1], 0.5)[0]).toBeCloseTo(Math.log(10), 6);
  });

  it("is at most 50", () => {
    expect([...logLosses(matrixOf([[0, 1e6]]), [0], 1)]).toEqual([50]);
  });
});

describe("fitTemperature", () => {
  it.each([0.05, 1, 3, 40])("recovers a temperature of %d", (temperature) => {
    const { logits, labels } = simulate(6000, 4, "recover");
    const found = fitTemperature(scaled(logits, temperature), labels);
    expect(found / temperature).toBeGreaterThan(0.95);
    expect(found / temperature).toBeLessThan(1.05);
  });

  it("has the least loss of all temperatures", () => {
    const { logits, labels } = simulate(2000, 3, "least");
    const lossAt = (t: number): number => logLosses(logits, labels, t).reduce((sum, loss) => sum + loss, 0) / 2000;
    const found = fitTemperature(logits, labels);
    for (let factor = 0.25; factor < 4; factor *= 1.1)
      expect(lossAt(found)).toBeLessThan(lossAt(found * factor) + 1e-5);
  });

  it("has the closed form where all are right by one margin: margin / ln(n + 1)", () => {
    // smoothed by ε = 1 / (n + 2), the best probability is 1 - ε, and (1 - ε) / ε = n + 1
    for (const [n, margin] of [
      [8, 2],
      [3, 0.01],
      [100, 500],
    ] as const) {
      const scores = matrixOf(Array.from({ length: n }, (_, i) => (i % 2 === 0 ? [margin, 0] : [0, margin])));
      const labels = Array.from({ length: n }, (_, i) => i % 2);
      const wanted = margin / Math.log(n + 1);
      expect(fitTemperature(scores, labels) / wanted).toBeCloseTo(1, 3);
    }
  });

  it("flattens answers that are worse than guessing", () => {
    const { logits, labels } = simulate(200, 2, "wrong");
    const reversed = scaled(logits, -1);
    const probabilities = probabilitiesOf(reversed, fitTemperature(reversed, labels));
    for (const p of probabilities.data) expect(p).toBeCloseTo(0.5, 2);
  });

  it("is 1 where scores say nothing", () => {
    expect(fitTemperature(matrixOf([]), [])).toBe(1);
    expect(fitTemperature(matrixOf([[3], [4]]), [0, 0])).toBe(1);
    expect(
      fitTemperature(
        matrixOf([
          [3, 3],
          [4, 4],
        ]),
        [0, 1],
      ),
    ).toBe(1);
  });

  it("stays a positive number for a single image, right or wrong", () => {
    for (const label of [0, 1]) {
      const found = fitTemperature(matrixOf([[1, 0]]), [label]);
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(Infinity);
    }
  });
});
