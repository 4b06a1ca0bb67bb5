import { describe, expect, it } from "vitest";
import { matrixOf, rowOf } from "../base/matrix.ts";
import { floats } from "../graph/dtype.ts";
import { Graph } from "../graph/graph.ts";
import { identity } from "../ops/identity.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { addAnswers, readTraining } from "./answers.ts";

const training = matrixOf([
  [3, 4, 0, 0],
  [0, 0, 0.001, 0],
  [-1, 2, -2, 4],
]);

/** Scores are the embedding itself. */
const built = (columns?: readonly number[]): Graph => {
  const g = new Graph("answers");
  g.output(identity(g, g.input("x", "float32", ["n", 4])), "embedding");
  addAnswers(g, {
    head: (_, embedding) => identity(g, embedding),
    unknown: (_, embedding) => reduceSum(g, embedding, { axes: [1], keepdims: 0 }),
    temperature: 2,
    classes: columns ? Math.max(...columns) + 1 : 4,
    columns,
    training,
  });
  return g;
};

const probabilitiesOf = async (columns?: readonly number[]): Promise<number[]> => {
  const session = await openGraph(built(columns), { threads: 1 });
  const out = await session.run({ x: floats([1, 4], [2, 0, 4, -2]) });
  await session.close();
  return Array.from(out.probabilities!.data as Float32Array);
};

describe("probabilities", () => {
  const each = [2, 0, 4, -2].map((score) => Math.exp(score / 2)) as [number, number, number, number];
  const all = each.reduce((a, b) => a + b, 0);
  const [a, b, c, d] = each;
  it.each<[string, readonly number[] | undefined, number[]]>([
    ["one of every column", undefined, each.map((e) => e / all)],
    ["columns in another order", [1, 0, 2, 3], [b / all, a / all, c / all, d / all]],
    ["a class of several columns has their sum", [0, 1, 0, 1], [(a + c) / all, (b + d) / all]],
    ["a column of no class is left out", [0, -1, 1, 1], [a / (all - b), (c + d) / (all - b)]],
    ["only that", [0, -1, -1, 1], [a / (a + d), d / (a + d)]],
  ])("%s", async (_, columns, wanted) => {
    const got = await probabilitiesOf(columns);
    expect(got).toHaveLength(wanted.length);
    got.forEach((p, i) => expect(p).toBeCloseTo(wanted[i]!, 5));
  });
});

describe("embeddings of training pictures", () => {
  it("are read back at length 1, to 8 bits", () => {
    const read = readTraining(built());
    [
      [0.6, 0.8, 0, 0],
      [0, 0, 1, 0],
      [-0.2, 0.4, -0.4, 0.8],
    ].forEach((row, i) => row.forEach((v, j) => expect(Math.abs(rowOf(read, i)[j]! - v)).toBeLessThan(1 / 254)));
  });

  it("and refused of a graph that holds none", () => {
    const g = new Graph("none");
    g.output(g.input("x", "float32", [1]));
    expect(() => readTraining(g)).toThrow(expect.objectContaining({ code: "E_MODEL_KEPT" }));
  });
});
