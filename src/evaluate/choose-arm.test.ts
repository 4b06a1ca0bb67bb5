import { expect, test } from "vitest";
import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { createRandom, type Random } from "../base/random.ts";
import { chooseArm, type ArmResult } from "./choose-arm.ts";
import { evaluateHeads } from "./evaluate-heads.ts";
import type { Made } from "./made.ts";

const DIM = 150;
const SHOTS = 30;
const WAYS = 3;
const labels = Int32Array.from({ length: SHOTS * WAYS }, (_, i) => i % WAYS);

/** Images about a point of their class, which stands out by `signal` in one coordinate. */
const rowsOf = (of: Int32Array, signal: number, random: Random): Matrix => {
  const out = matrix(of.length, DIM);
  of.forEach((label, i) => {
    const row = rowOf(out, i);
    for (let j = 0; j < DIM; j++) row[j] = random.normal() + (j === label ? signal : 0);
  });
  return out;
};

/** Four rows a photo, of its class, as far apart as photos are. */
const madeOf = (signal: number, random: Random): Made => {
  const source = Int32Array.from({ length: 4 * labels.length }, (_, i) => i >> 2);
  const own = source.map((row) => labels[row]!);
  return { features: rowsOf(own, signal, random), labels: own, source };
};

const learn = async (name: string, features: Matrix, made?: Made): Promise<ArmResult> => ({
  name,
  result: await evaluateHeads({
    features,
    labels,
    groups: Int32Array.from(labels.keys()),
    classes: ["a", "b", "c"],
    random: createRandom("learning"),
    heads: ["nearest-class-mean"],
    threads: 1,
    ...(made && { made }),
  }),
});

test("what helps beyond chance is used, and what does not is not", async () => {
  const features = rowsOf(labels, 1.5, createRandom("photos"));
  const base = await learn("none", features);
  const noise = await learn("noise", features, madeOf(0, createRandom("noise")));
  const help = await learn("help", features, madeOf(1.5, createRandom("help")));
  const { evidence, state } = await chooseArm([base, noise, help], createRandom(1));
  expect(evidence.augmentation!.used).toBe("help");
  expect(evidence.augmentation!.arms.map((arm) => arm.proven)).toEqual([false, false, true]);
  expect(state).toEqual(help.result.state);
  expect(evidence.accuracy!.value).toBeGreaterThan(base.result.evidence.accuracy!.value);
  expect(evidence.accuracy!.value).toBeLessThanOrEqual(help.result.evidence.accuracy!.value + 1e-9);
});

test("of many arms of noise on labels drawn by lot none is used, and the accuracy stays that of chance", async () => {
  const features = rowsOf(labels, 0, createRandom("noise photos"));
  const arms = [await learn("none", features)];
  for (let i = 0; i < 5; i++) arms.push(await learn(`noise ${i}`, features, madeOf(0, createRandom(`noise ${i}`))));
  const { evidence, state } = await chooseArm(arms as [ArmResult, ...ArmResult[]], createRandom(1));
  expect(evidence.augmentation!.used).toBe("none");
  expect(state).toEqual(arms[0]!.result.state);
  expect(evidence.accuracy!.interval!.low).toBeLessThan(1 / WAYS);
});
