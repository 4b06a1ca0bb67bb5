import { afterAll, describe, expect, it } from "vitest";
import { matrix, rowOf, takeRows, type Matrix } from "../../src/base/matrix.ts";
import { createRandom, shuffled } from "../../src/base/random.ts";
import { probabilitiesOf } from "../../src/evaluate/calibrate.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { method as nearestClassMean } from "../../src/methods/few-shot/nearest-class-mean.ts";
import { method as simpleShot } from "../../src/methods/few-shot/simple-shot.ts";
import type { Method, MethodOptions, Support } from "../../src/methods/method.ts";
import type { Learner, PseudoLabels } from "../../src/methods/semi-supervised-method.ts";
import { semiSupervisedMethods } from "../../src/methods/semi-supervised/index.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const [DIM, WAYS, SHOTS, POOL] = [12, 3, 3, 90];
const random = createRandom("semi-supervised");
const points = Array.from({ length: WAYS }, () => Array.from({ length: DIM }, () => 2 * random.normal()));
const around = (labels: Int32Array): Matrix =>
  matrix(
    labels.length,
    DIM,
    Float32Array.from([...labels].flatMap((label) => points[label]!.map((v) => v + random.normal()))),
  );

const supportLabels = Int32Array.from({ length: WAYS * SHOTS }, (_, i) => i % WAYS);
const support: Support = { features: around(supportLabels), labels: supportLabels, ways: WAYS };
const truth = Int32Array.from({ length: POOL }, (_, i) => (i * 7) % WAYS);
const pool = around(truth);

const learnerFrom =
  (method: Method, options: MethodOptions): Learner =>
  async (labelled) => {
    const state = await method.fit(labelled, options, algebra);
    return async (queries) => probabilitiesOf(await method.predict(state, queries, algebra), 0.3);
  };
const learners = [
  learnerFrom(nearestClassMean, nearestClassMean.defaults),
  learnerFrom(simpleShot, simpleShot.defaults),
] as const;

const givenTo = (labelled: Support, rows: Matrix, name: string): Promise<PseudoLabels> => {
  const method = semiSupervisedMethods.find((one) => one.name === name)!;
  return method.label({ support: labelled, pool: rows, learners, random: createRandom(3), algebra }, method.defaults);
};

/** Label by row. */
const byRow = ({ rows, labels }: PseudoLabels): Map<number, number> =>
  new Map([...rows].map((row, i) => [row, labels[i]!]));

describe.each(semiSupervisedMethods.map((method) => method.name))("%s", (name) => {
  it("gives rows of the pool classes of the support, and tells the round and how sure it was", async () => {
    const { rows, labels, rounds, confidences } = await givenTo(support, pool, name);
    expect(rows.length).toBeGreaterThan(WAYS);
    expect([labels.length, rounds.length, confidences.length]).toEqual([rows.length, rows.length, rows.length]);
    expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(rows.at(-1)).toBeLessThan(POOL);
    expect([...labels].every((label) => label >= 0 && label < WAYS)).toBe(true);
    expect([...rounds].every((round) => Number.isInteger(round) && round >= 1)).toBe(true);
    expect([...confidences].every((p) => p > 0 && p <= 1 + 1e-6)).toBe(true);
  });

  it("is right where classes lie apart", async () => {
    const { rows, labels } = await givenTo(support, pool, name);
    expect([...rows].filter((row, i) => truth[row] === labels[i]).length / rows.length).toBeGreaterThan(0.9);
  });

  it("gives the same twice, and leaves its input as it was", async () => {
    const before = [support.features.data.slice(), pool.data.slice(), supportLabels.slice()];
    const first = await givenTo(support, pool, name);
    expect(await givenTo(support, pool, name)).toEqual(first);
    expect([support.features.data, pool.data, supportLabels]).toEqual(before);
  });

  it("gives the same labels to the same rows in another order, ties aside", async () => {
    const order = shuffled([...Array(POOL).keys()], createRandom("order"));
    const asIs = byRow(await givenTo(support, pool, name));
    const moved = byRow(await givenTo(support, takeRows(pool, order), name));
    const both = [...moved].flatMap(([at, label]) => (asIs.has(order[at]!) ? [[label, asIs.get(order[at]!)!]] : []));
    expect(moved.size).toBe(asIs.size);
    expect(both.length).toBeGreaterThan(0.8 * asIs.size);
    expect(both.filter(([a, b]) => a !== b)).toEqual([]);
  });

  it("gives renumbered labels for renumbered classes", async () => {
    const renumbered = { ...support, labels: supportLabels.map((label) => (label + 1) % WAYS) };
    const asIs = byRow(await givenTo(support, pool, name));
    const moved = byRow(await givenTo(renumbered, pool, name));
    expect(new Map([...moved].map(([row, label]) => [row, (label + WAYS - 1) % WAYS]))).toEqual(asIs);
  });

  it("does with an empty pool, and with a single row", async () => {
    expect((await givenTo(support, matrix(0, DIM), name)).rows).toHaveLength(0);
    const { rows } = await givenTo(support, matrix(1, DIM, rowOf(pool, 0).slice()), name);
    expect(rows.length).toBeLessThanOrEqual(1);
  });
});
