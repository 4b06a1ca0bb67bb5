import { afterAll, describe, expect, it } from "vitest";
import { matrix, matrixOf, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { Graph } from "../graph/graph.ts";
import { exportModel } from "../onnx/export.ts";
import { openSession } from "../runtime/node.ts";
import { openAlgebra } from "./algebra.ts";
import type { Support } from "./method.ts";
import {
  describeDetector,
  distanceFor,
  emitUnknown,
  everyRow,
  fitUnknown,
  scoreUnknown,
  type UnknownDetector,
} from "./unknown.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const detectorOf = async (support: Support, rows = everyRow(support)): Promise<UnknownDetector> =>
  (await fitUnknown(support, [rows], algebra))[0]!;

/** One image a class, along the axes. */
const axes = (ways: number): Support => ({
  features: matrixOf(Array.from({ length: ways }, (_, i) => Array.from({ length: ways }, (_, k) => (i === k ? 1 : 0)))),
  labels: Int32Array.from({ length: ways }, (_, i) => i),
  ways,
});

/** Images about random points. */
const clouds = (ways: number, shots: number, dim: number): { readonly support: Support; readonly strange: Matrix } => {
  const random = createRandom("clouds");
  const normals = (scale: number): number[] => Array.from({ length: dim }, () => scale * random.normal());
  const points = Array.from({ length: ways }, () => normals(1));
  const labels = Int32Array.from({ length: ways * shots }, (_, i) => i % ways);
  const features = matrixOf(Array.from(labels, (c) => normals(0.3).map((v, k) => v + points[c]![k]!)));
  return { support: { features, labels, ways }, strange: matrixOf(Array.from({ length: 10 }, () => normals(1))) };
};

const byGraph = async (detector: UnknownDetector, queries: Matrix): Promise<Float32Array> => {
  const g = new Graph("unknown");
  g.output(emitUnknown(g, detector, g.input("embedding", "float32", ["n", queries.columns])), "score");
  const session = await openSession(exportModel(g), { threads: 1 });
  const shape = [queries.rows, queries.columns];
  const { score } = await session.run({ embedding: { dtype: "float32", shape, data: queries.data } });
  await session.close();
  expect(score!.shape).toEqual([queries.rows]);
  return score!.data as Float32Array;
};

describe("the distance", () => {
  it("is the cosine for up to three classes, regressed indicators from four, the cosine again for very many", () => {
    const distanceOf = (ways: number) => distanceFor({ labels: new Int32Array(5 * ways), ways });
    expect([2, 3, 4, 50, 5000].map(distanceOf)).toEqual(["cosine", "cosine", "indicator", "indicator", "cosine"]);
  });

  it("is described in words", () => {
    expect(describeDetector({ distance: "cosine" })).toBe("cosine distance to the nearest class mean");
    expect(describeDetector({ distance: "indicator" })).toContain("regressed class indicators");
  });
});

describe("unknown score by cosine", () => {
  const support: Support = {
    features: matrixOf([
      [2, 6],
      [4, 2],
      [0, 2],
    ]),
    labels: Int32Array.of(0, 0, 1),
    ways: 2,
  };

  it("is 1 less the cosine to the nearest class mean", async () => {
    const queries = matrixOf([
      [6, 8], // along the mean of class 0
      [0, -1], // cosines -0.8 and -1
      [1, 0], // cosines 0.6 and 0
    ]);
    const scores = await scoreUnknown(await detectorOf(support), queries, algebra);
    [0, 1.8, 0.4].forEach((wanted, i) => expect(scores[i]).toBeCloseTo(wanted, 5));
  });

  it("never takes a class without images for the nearest", async () => {
    const detector = await detectorOf(support, Int32Array.of(0, 1));
    const scores = await scoreUnknown(
      detector,
      matrixOf([
        [-3, -4],
        [0, 1],
      ]),
      algebra,
    );
    expect(scores[0]).toBeCloseTo(2, 5);
    expect(scores[1]).toBeCloseTo(0.2, 5);
  });
});

describe("unknown score by indicators", () => {
  it("is the squared distance to the nearest class's indicators, worked by hand", async () => {
    // mean (1/4, ..); z_i·z_i = 1, z_i·z_k = -1/3; Zᵀ Z = 4/3 within their space; W = z_c / (4/3 + 0.1), ȳ = 1/4
    const queries = matrixOf([
      [1, 0, 0, 0], // z = z_0
      [1, 1, 1, 1], // off their space: all indicators 1/4
      [-1, 0.5, 0.5, 0.5], // away from the first
    ]);
    const scores = await scoreUnknown(await detectorOf(axes(4)), queries, algebra);
    const a = 1 / (4 / 3 + 0.1);
    expect(scores[0]).toBeCloseTo((0.75 - a) ** 2 + 3 * (0.25 - a / 3) ** 2, 5);
    expect(scores[1]).toBeCloseTo(0.75 ** 2 + 3 * 0.25 ** 2, 5);
    // about the mean (-5, 1, 1, 1) / 4: length sqrt(28) / 4, along z_0 -18 / sqrt(28 · 12), along the others 6 / ..
    const part = a / Math.sqrt(28 * 12);
    expect(scores[2]).toBeCloseTo((0.25 - 18 * part) ** 2 + 2 * (0.25 + 6 * part) ** 2 + (0.75 - 6 * part) ** 2, 5);
  });

  it("is large for a class that was left out, small for those that were not", async () => {
    const { support } = clouds(6, 8, 40);
    const rows = everyRow(support);
    const known = rows.filter((row) => support.labels[row] !== 2);
    const scores = await scoreUnknown(await detectorOf(support, known), support.features, algebra);
    const own = [...scores].filter((_, row) => support.labels[row] === 2);
    const others = [...scores].filter((_, row) => support.labels[row] !== 2);
    expect(Math.min(...own)).toBeGreaterThan(Math.max(...others));
  });
});

describe.each([
  { what: "three classes", ...clouds(3, 5, 30) },
  { what: "six classes", ...clouds(6, 8, 20) },
])("a detector of $what", ({ support, strange }) => {
  const all = everyRow(support);

  it("learns from every subset as from that subset alone", async () => {
    const subsets = [all, all.filter((row) => row % 4 !== 1), all.filter((row) => support.labels[row] !== 1)];
    const detectors = await fitUnknown(support, subsets, algebra);
    for (const [j, rows] of subsets.entries()) {
      const together = await scoreUnknown(detectors[j]!, strange, algebra);
      const alone = await scoreUnknown(await detectorOf(support, rows), strange, algebra);
      together.forEach((score, i) => expect(score).toBeCloseTo(alone[i]!, 3));
    }
  });

  it("emits operators that give the same scores, the zero vector's too", async () => {
    const detector = await detectorOf(support);
    const zero = new Float32Array(strange.columns);
    const queries = matrix(strange.rows + 1, strange.columns, Float32Array.of(...strange.data, ...zero));
    const scores = await scoreUnknown(detector, queries, algebra);
    (await byGraph(detector, queries)).forEach((score, i) => expect(score).toBeCloseTo(scores[i]!, 5));
  });

  it("is plain data", async () => {
    const detector = await detectorOf(support);
    expect(structuredClone(detector)).toStrictEqual(detector);
  });

  it("finds strangers stranger than what it learned from", async () => {
    const detector = await detectorOf(support);
    const mean = (scores: Float32Array): number => scores.reduce((sum, v) => sum + v, 0) / scores.length;
    const known = mean(await scoreUnknown(detector, support.features, algebra));
    expect(mean(await scoreUnknown(detector, strange, algebra))).toBeGreaterThan(2 * known);
  });
});
