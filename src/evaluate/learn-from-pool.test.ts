import { afterAll, expect, test } from "vitest";
import { argmax, matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom, type Random } from "../base/random.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import type { SemiSupervisedMethod } from "../methods/semi-supervised-method.ts";
import { semiSupervisedMethods } from "../methods/semi-supervised/index.ts";
import { evaluateHeads, type HeadResult } from "./evaluate-heads.ts";
import { learnFromPool, type LearnedFromPool } from "./learn-from-pool.ts";
import { familiarRows, pseudoLabel } from "./pseudo-label.ts";

const [WAYS, SHOTS, DIM] = [4, 5, 16];
const labels = Int32Array.from({ length: WAYS * SHOTS }, (_, i) => i % WAYS);
const groups = Int32Array.from(labels.keys());

/** Class c lies along an arc in a plane of its own, so that its ends are unlike its middle; a far class is none of them. */
const rowsOf = (of: ArrayLike<number>, random: Random, arc = Math.PI): Matrix => {
  const out = matrix(of.length, DIM);
  for (let i = 0; i < of.length; i++) {
    const row = rowOf(out, i);
    for (let j = 0; j < DIM; j++) row[j] = 0.12 * random.normal();
    const angle = arc * random.uniform();
    const plane = 2 * of[i]!;
    row[plane]! += Math.cos(angle);
    row[plane + 1]! += Math.sin(angle);
  }
  return out;
};

const learn = (features: Matrix, own: Int32Array): Promise<HeadResult> =>
  evaluateHeads({
    features,
    labels: own,
    groups,
    classes: ["a", "b", "c", "d"],
    random: createRandom("learning"),
    heads: ["nearest-class-mean", "k-nn"],
    threads: 1,
  });

const methods = semiSupervisedMethods
  .filter(({ competes }) => competes)
  .map((method) => ({ method, options: method.defaults }));

const fromPool = async (plain: HeadResult, pool: Matrix): Promise<LearnedFromPool> =>
  (await learnFromPool({ plain, pool, methods, random: createRandom(1), threads: 1 }))!;

const poolLabels = Array.from({ length: 200 }, (_, i) => (i * 3) % WAYS);
const pool = rowsOf(poolLabels, createRandom("pool"));

test("what is labelled is recorded, and the accuracy given is that of all images asked once", async () => {
  const plain = await learn(rowsOf(labels, createRandom("photos")), labels);
  const { result, used, labels: given, familiar } = await fromPool(plain, pool);
  const { unlabelled, accuracy } = result.evidence;
  expect(unlabelled!.used).toBe(used);
  expect(unlabelled!.arms.map(({ name }) => name)).toEqual(["none", ...methods.map(({ method }) => method.name)]);
  expect(accuracy!.value).toBeGreaterThanOrEqual(0);
  expect([...given.rows].every((row) => familiar.rows.includes(row))).toBe(true);
  if (used === "none") expect(result.state).toEqual(plain.state);
  else expect(result.state).not.toEqual(plain.state);
});

test("on labels drawn by lot nothing is used, and the figure is told", async () => {
  const random = createRandom("lot");
  const lot = Int32Array.from(labels, (label, i) => (i < WAYS ? label : random.integer(WAYS)));
  const { used, labels: given, result } = await fromPool(await learn(rowsOf(labels, random), lot), pool);
  expect(used).toBe("none");
  expect(given.rows).toHaveLength(0);
  expect(result.evidence.unlabelled!.text).toMatch(
    /no method proved a gain \(label-propagation [+-]?\d+\.\d, self-training/,
  );
});

test("the same twice", async () => {
  const plain = await learn(rowsOf(labels, createRandom("photos")), labels);
  const [first, second] = [await fromPool(plain, pool), await fromPool(plain, pool)];
  expect(second.result.evidence).toEqual(first.result.evidence);
  expect(second.labels).toEqual(first.labels);
});

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

test("images of no class are kept out", async () => {
  const photos = { features: rowsOf(labels, createRandom("photos"), 0.5), labels, ways: WAYS };
  const familiarAmong = async (of: readonly number[]): Promise<number> => {
    const asked = rowsOf(of, createRandom("asked"), 0.5);
    return (
      (await familiarRows(photos, { groups, pool: asked, random: createRandom(1) }, algebra)).rows.length / of.length
    );
  };
  expect(await familiarAmong(poolLabels)).toBeGreaterThan(0.85);
  expect(await familiarAmong(new Array<number>(50).fill(6))).toBeLessThan(0.15);
});

/** Says that everything is of class 0. */
const allOne: SemiSupervisedMethod = {
  name: "all-one",
  paper: "none",
  competes: true,
  defaults: {},
  label: async ({ pool: { rows } }) => ({
    rows: Int32Array.from({ length: rows }, (_, i) => i),
    labels: new Int32Array(rows),
    rounds: new Int32Array(rows).fill(1),
    confidences: new Float64Array(rows).fill(1),
  }),
};

test("labels are taken back where one class takes over", async () => {
  const method = fewShotMethods.find(({ name }) => name === "k-nn")!;
  const support = { features: rowsOf(labels, createRandom("photos")), labels, ways: WAYS };
  const given = await pseudoLabel(
    { method: allOne, options: {} },
    {
      support,
      pool,
      rows: Int32Array.from({ length: pool.rows }, (_, i) => i),
      heads: [{ method, options: method.defaults, temperature: 1 }],
      random: createRandom(1),
    },
    algebra,
  );
  expect(given.labels.rows).toHaveLength(0);
  expect(given.collapse).toMatchObject({ label: 0 });
  expect(given.collapse!.after).toBeGreaterThan(given.collapse!.before + 0.3);
});

/** Classes about points of their own, so far apart that many images tell them and few do not. */
const cloudsOf = (of: ArrayLike<number>, random: Random): Matrix => {
  const out = matrix(of.length, 100);
  for (let i = 0; i < of.length; i++) {
    const row = rowOf(out, i);
    for (let j = 0; j < row.length; j++) row[j] = random.normal() + (j === of[i] ? 4 : 0);
  }
  return out;
};

test("unlabelled images of classes that few images do not tell prove their gain", async () => {
  const plain = await learn(cloudsOf(labels, createRandom("few")), labels);
  const clouds = cloudsOf(poolLabels, createRandom("many"));
  const { result, used, labels: given } = await fromPool(plain, clouds);
  expect(used).not.toBe("none");
  const right = [...given.rows].filter((row, i) => poolLabels[row] === given.labels[i]).length;
  expect(right / given.rows.length).toBeGreaterThan(0.95);
  const fresh = cloudsOf(poolLabels, createRandom("fresh"));
  const accuracyOf = async (head: HeadResult): Promise<number> => {
    const { probabilities } = await head.predict(fresh);
    return poolLabels.filter((label, i) => argmax(rowOf(probabilities, i)) === label).length / poolLabels.length;
  };
  const [before, after] = [await accuracyOf(plain), await accuracyOf(result)];
  expect(after).toBeGreaterThan(before);
});
