import { afterAll, describe, expect, it } from "vitest";
import { argmax, matrix, rowOf, takeRows, type Matrix } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { Graph } from "../../src/graph/graph.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { weighClasses } from "../../src/methods/class-weights.ts";
import { fewShotMethods } from "../../src/methods/few-shot/index.ts";
import type { Method, MethodOptions, Support } from "../../src/methods/method.ts";
import { exportModel } from "../../src/onnx/export.ts";
import { openSession } from "../../src/runtime/node.ts";
import { largestDifference, relativeDifference } from "../fixtures/differences.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

/** Options beside the defaults and the candidates, so that every branch of a method obeys. */
const others: Readonly<Record<string, readonly MethodOptions[]>> = {
  "alpha-tim": [{ alpha: 1, temperature: 15, steps: 50 }],
  "baseline-plus-plus": [{ scale: 2, steps: 100 }],
  "distribution-calibration": [{ k: 0, lean: 0, alpha: 0, samples: 20, lambda: 0.1 }],
  "k-nn": [{ k: 1 }, { k: 1000 }],
  lda: [
    { shrinkage: 0.5, normalise: "none" },
    { shrinkage: 1, normalise: "cl2n" },
  ],
  "laplacian-shot": [{ neighbours: 1000, lambda: 0.1, steps: 5, prototypes: "mean" }],
  "logistic-regression": [{ lambda: 0.1, normalise: "none" }],
  "matching-networks": [{ scale: 100 }],
  "nearest-class-mean": [{ metric: "euclidean" }],
  ridge: [{ lambda: 0.1, normalise: "none" }],
  "scale-shift": [{ lambda: 0.1, hold: 10 }],
};

const variants = fewShotMethods.flatMap((method) => {
  const texts = [method.defaults, ...method.candidates, ...(others[method.name] ?? [])].map((o) => JSON.stringify(o));
  return [...new Set(texts)].map((text) => ({
    method,
    options: JSON.parse(text) as MethodOptions,
    title: `${method.name} ${text}`,
  }));
});

interface Case {
  readonly title: string;
  readonly support: Support;
  readonly queries: Matrix;
}

/** Images about a random point of their class, classes in mixed order, away from the origin; the last query is zero. */
const caseOf = (title: string, shots: readonly number[], dim: number): Case => {
  const random = createRandom(title);
  const normals = (): number[] => Array.from({ length: dim }, () => random.normal());
  const points = shots.map(() => normals().map((v) => v + 0.5));
  const near = (label: number): number[] => {
    const noise = normals();
    return points[label]!.map((v, i) => v + 0.7 * noise[i]!);
  };
  const labels = shuffled(
    shots.flatMap((count, label) => Array.from({ length: count }, () => label)),
    random,
  );
  const asked = Array.from({ length: 9 }, (_, i) => near(i % shots.length));
  const rows = (all: readonly (readonly number[])[]): Matrix => matrix(all.length, dim, Float32Array.from(all.flat()));
  return {
    title,
    support: { features: rows(labels.map(near)), labels: Int32Array.from(labels), ways: shots.length },
    queries: rows([...asked, Array.from({ length: dim }, () => 0)]),
  };
};

/** The same with classes that count alike. */
const weighted = ({ support, ...rest }: Case): Case => ({
  ...rest,
  support: { ...support, classWeights: weighClasses("balanced", support) },
});

const cases: readonly Case[] = [
  caseOf("unequal classes, fewer images than dimensions", [6, 3, 1, 2], 24),
  caseOf("unequal classes, about as many images as dimensions", [5, 2, 4], 8),
  caseOf("unequal classes, many more images than dimensions", [20, 9, 1, 14], 6),
  weighted(caseOf("unequal classes with weights, fewer images than dimensions", [7, 3, 1, 2], 24)),
  weighted(caseOf("unequal classes with weights, about as many images as dimensions", [6, 2, 4], 8)),
  caseOf("one shot, fewer images than dimensions", [1, 1, 1, 1, 1], 16),
  caseOf("one shot, more images than dimensions", [1, 1, 1, 1, 1, 1, 1, 1, 1], 4),
  caseOf("two classes of one shot", [1, 1], 12),
];

/** How far scores by `fitSubsets` may be from those by `fit`; solvers that stop early begin from unlike guesses. */
const SOLVED = 1e-3;
const solvedRoughly: Readonly<Record<string, number>> = {
  // stops at a gradient of 1e-3 of the first; the sharpest scores are then a per cent or two from where they tend to
  "logistic-regression": 2.5e-2,
};

const copyOf = (m: Matrix): Matrix => matrix(m.rows, m.columns, m.data.slice());

/** Fits and predicts. */
const scoresOf = async (
  { method, options }: { readonly method: Method; readonly options: MethodOptions },
  support: Support,
  queries: Matrix,
): Promise<Matrix> => method.predict(await method.fit(support, options, algebra), queries, algebra);

/** Scores by the emitted graph. */
const byGraph = async (method: Method, state: unknown, queries: Matrix): Promise<Matrix> => {
  const g = new Graph("head");
  g.output(method.graph(g, state, g.input("embedding", "float32", ["n", queries.columns])), "scores");
  const session = await openSession(exportModel(g), { threads: 1 });
  const shape = [queries.rows, queries.columns];
  const { scores } = await session.run({ embedding: { dtype: "float32", shape, data: queries.data } });
  await session.close();
  return matrix(scores!.shape[0]!, scores!.shape[1]!, scores!.data as Float32Array);
};

/** Plain data to text and back; arrays of numbers keep their types. */
const throughText = (state: unknown): unknown => {
  const text = JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Float32Array) return { floats: [...value] };
    return value instanceof Int32Array ? { integers: [...value] } : value;
  });
  return JSON.parse(text, (_, value: { floats?: number[]; integers?: number[] }) => {
    if (value?.floats) return Float32Array.from(value.floats);
    return value?.integers ? Int32Array.from(value.integers) : value;
  });
};

/** Rows mirrored at a random plane through the origin, and made longer. */
const turned = (m: Matrix, factor: number): Matrix => {
  const random = createRandom("plane");
  const normal = Float64Array.from({ length: m.columns }, () => random.normal());
  const square = normal.reduce((sum, v) => sum + v * v, 0);
  const out = copyOf(m);
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(out, i);
    const dot = row.reduce((sum, v, k) => sum + v * normal[k]!, 0);
    for (let k = 0; k < row.length; k++) row[k] = factor * (row[k]! - (2 * dot * normal[k]!) / square);
  }
  return out;
};

/** Rows made longer. */
const stretched = (m: Matrix, factor: number): Matrix =>
  matrix(
    m.rows,
    m.columns,
    m.data.map((v) => factor * v),
  );

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("the shelf of few-shot methods", () => {
  it("has unlike names, in kebab case, and papers", () => {
    const names = fewShotMethods.map((m) => m.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const { paper } of fewShotMethods) expect(paper).toMatch(/\d{4}.*https:\/\//);
  });

  it("ranks methods by unlike complexity", () => {
    expect(new Set(fewShotMethods.map((m) => m.complexity)).size).toBe(fewShotMethods.length);
  });
});

describe.each(variants)("$title", (variant) => {
  const { method, options } = variant;

  describe.each(cases)("$title", ({ support, queries }) => {
    const { features, labels, ways } = support;

    it("gives a finite score to every query and class", async () => {
      const scores = await scoresOf(variant, support, queries);
      expect([scores.rows, scores.columns]).toEqual([queries.rows, ways]);
      expect(scores.data.every(Number.isFinite)).toBe(true);
    });

    it("answers the same when asked again", async () => {
      const state = await method.fit(support, options, algebra);
      const once = await method.predict(state, queries, algebra);
      expect(await method.predict(state, queries, algebra)).toEqual(once);
      expect(await scoresOf(variant, support, queries)).toEqual(once);
    });

    it("answers permuted queries with permuted scores", async () => {
      const order = shuffled(range(queries.rows), createRandom("order"));
      const scores = await scoresOf(variant, support, queries);
      const mixed = await scoresOf(variant, support, takeRows(queries, order));
      expect(relativeDifference(mixed, takeRows(scores, order))).toBeLessThan(1e-5);
    });

    if (!method.transductive)
      it("scores a query alone as in company", async () => {
        const state = await method.fit(support, options, algebra);
        const scores = await method.predict(state, queries, algebra);
        for (const i of range(queries.rows)) {
          const alone = await method.predict(state, takeRows(queries, [i]), algebra);
          expect(largestDifference(alone, takeRows(scores, [i]))).toBeLessThan(1e-4);
        }
      });

    it("answers relabelled classes with relabelled columns", async () => {
      const to = shuffled(range(ways), createRandom("labels"));
      const scores = await scoresOf(variant, support, queries);
      const weights = support.classWeights && {
        classWeights: support.classWeights.map((_, c, all) => all[to.indexOf(c)]!),
      };
      const relabelled = { ...support, ...weights, labels: labels.map((c) => to[c]!) };
      const other = await scoresOf(variant, relabelled, queries);
      const back = matrix(scores.rows, ways);
      other.data.forEach((_, at) => {
        const [i, c] = [Math.floor(at / ways), at % ways];
        back.data[at] = other.data[i * ways + to[c]!]!;
      });
      expect(relativeDifference(back, scores)).toBeLessThan(1e-3);
    });

    it("does not care for the order of the support", async () => {
      const order = shuffled(range(labels.length), createRandom("support"));
      const mixed = {
        ...support,
        features: takeRows(features, order),
        labels: Int32Array.from(order, (i) => labels[i]!),
      };
      const asked = takeRows(queries, range(queries.rows - 1)); // all images are equally near to the zero query
      const scores = await scoresOf(variant, support, asked);
      expect(relativeDifference(await scoresOf(variant, mixed, asked), scores)).toBeLessThan(1e-3);
    });

    it("leaves its inputs and its state untouched", async () => {
      const given = { ...support, features: copyOf(features), labels: labels.slice() };
      const asked = copyOf(queries);
      const state = await method.fit(given, options, algebra);
      const before = structuredClone(state);
      await method.predict(state, asked, algebra);
      expect(given).toEqual(support);
      expect(asked).toEqual(queries);
      expect(state).toStrictEqual(before);
    });

    it("keeps nothing of the support's memory", async () => {
      const given = { ...support, features: copyOf(features), labels: labels.slice() };
      const state = await method.fit(given, options, algebra);
      const before = await method.predict(state, queries, algebra);
      given.features.data.fill(7);
      given.labels.fill(0);
      expect(await method.predict(state, queries, algebra)).toEqual(before);
    });

    it("has a state of plain data that survives being stored", async () => {
      const state = await method.fit(support, options, algebra);
      expect(structuredClone(state)).toStrictEqual(state);
      const scores = await method.predict(state, queries, algebra);
      expect(await method.predict(throughText(state), queries, algebra)).toEqual(scores);
    });

    if (!method.transductive)
      it("emits operators that give the same scores", async () => {
        const state = await method.fit(support, options, algebra);
        const scores = await method.predict(state, queries, algebra);
        expect(relativeDifference(await byGraph(method, state, queries), scores)).toBeLessThan(1e-5);
        const alone = takeRows(queries, [3]);
        expect(largestDifference(await byGraph(method, state, alone), takeRows(scores, [3]))).toBeLessThan(1e-4);
      });
    else
      it("refuses to become operators, which answer every row alone", async () => {
        const state = await method.fit(support, options, algebra);
        await expect(byGraph(method, state, queries)).rejects.toMatchObject({ code: "E_TRANSDUCTIVE" });
      });

    it("is blind to the features' scale, and to rotations unless it says that it sees axes", async () => {
      const asked = takeRows(queries, range(queries.rows - 1));
      const best = async (s: Support, q: Matrix): Promise<number[]> => {
        const scores = await scoresOf(variant, s, q);
        return range(q.rows).map((i) => argmax(rowOf(scores, i)));
      };
      const wanted = await best(support, asked);
      const change = method.seesAxes ? stretched : turned;
      for (const factor of [1e-3, 1, 1e3])
        expect(await best({ ...support, features: change(features, factor) }, change(asked, factor))).toEqual(wanted);
    });
  });

  if (method.fitSubsets)
    it.each(cases.filter(({ title }) => title.startsWith("unequal")))(
      "learns from a subset as from its rows alone: $title",
      async ({ support, queries }) => {
        const { features, labels } = support;
        const firsts = range(support.ways).map((c) => labels.indexOf(c));
        const rest = range(labels.length).filter((row) => !firsts.includes(row));
        const subsets = [
          range(labels.length),
          [...firsts, ...rest.filter((_, i) => i % 2 === 0)],
          [...rest.filter((_, i) => i % 3 > 0), ...firsts],
        ].map((rows) => Int32Array.from(rows));
        const states = await method.fitSubsets!(support, subsets, options, algebra);
        expect(states.length).toBe(subsets.length);
        for (const [j, rows] of subsets.entries()) {
          const taken = {
            ...support,
            features: takeRows(features, rows),
            labels: Int32Array.from(rows, (r) => labels[r]!),
          };
          const alone = await scoresOf(variant, taken, queries);
          const together = await method.predict(states[j]!, queries, algebra);
          expect(relativeDifference(together, alone)).toBeLessThan(solvedRoughly[method.name] ?? SOLVED);
        }
      },
    );

  it("learns from many images that are copies of a few", async () => {
    const { support } = caseOf("points", [1, 1, 1], 320);
    const rows = range(300).map((i) => i % 3);
    const copies = {
      features: takeRows(support.features, rows),
      labels: Int32Array.from(rows, (row) => support.labels[row]!),
      ways: 3,
    };
    const scores = await scoresOf(variant, copies, support.features);
    expect(range(3).map((i) => argmax(rowOf(scores, i)))).toEqual([...support.labels]);
  });

  it("refuses a support that it cannot learn from", async () => {
    const { support } = cases[1]!;
    const fit = (changed: Partial<Support>) => method.fit({ ...support, ...changed }, options, algebra);
    const broken = copyOf(support.features);
    broken.data[3 * broken.columns + 1] = NaN;
    await expect(fit({ features: broken })).rejects.toMatchObject({
      code: "E_FEATURE_NAN",
      message: expect.stringContaining("row 3"),
    });
    await expect(fit({ ways: 4 })).rejects.toMatchObject({
      code: "E_CLASS_EMPTY",
      message: expect.stringContaining("class 3"),
    });
    await expect(fit({ ways: 2 })).rejects.toMatchObject({ code: "E_LABEL_RANGE" });
    await expect(fit({ labels: support.labels.slice(1) })).rejects.toMatchObject({ code: "E_LABEL_RANGE" });
  });
});
