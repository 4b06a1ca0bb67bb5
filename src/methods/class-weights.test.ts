import { afterAll, describe, expect, it } from "vitest";
import { argmax, matrix, rowOf } from "../base/matrix.ts";
import { createRandom, type Random } from "../base/random.ts";
import { openAlgebra } from "./algebra.ts";
import { weighClasses } from "./class-weights.ts";
import { fewShotMethods } from "./few-shot/index.ts";
import type { Method, Support } from "./method.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

describe("weights of classes", () => {
  it("balanced: n / (ways n_c), worked by hand", () => {
    const weights = weighClasses("balanced", { labels: Int32Array.of(0, 1, 1, 0, 1, 1, 1, 1, 2), ways: 3 });
    expect([...weights]).toEqual([9 / (3 * 2), 9 / (3 * 6), 9 / (3 * 1)]);
    expect(2 * weights[0]! + 6 * weights[1]! + weights[2]!).toBeCloseTo(9, 12);
  });

  it("are exactly 1 where classes are of one size, and where none are wanted", () => {
    const labels = Int32Array.from({ length: 77 }, (_, i) => i % 7);
    expect([...weighClasses("balanced", { labels, ways: 7 })]).toEqual(Array.from({ length: 7 }, () => 1));
    expect([...weighClasses("none", { labels: Int32Array.of(0, 0, 1), ways: 2 })]).toEqual([1, 1]);
  });
});

const DIM = 6;
/** Overlapping classes: unit normals about 0 and about a point at distance 1.5. */
const draw = (counts: readonly number[], random: Random): Support => {
  const labels = Int32Array.from(counts.flatMap((count, c) => Array.from({ length: count }, () => c)));
  const features = matrix(labels.length, DIM);
  labels.forEach((label, i) => {
    for (let k = 0; k < DIM; k++) features.data[i * DIM + k] = 3 + random.normal() + (k === 0 ? 1.5 * label : 0);
  });
  return { features, labels, ways: counts.length };
};

const recalls = async (method: Method, support: Support, asked: Support): Promise<number[]> => {
  const scores = await method.predict(await method.fit(support, method.defaults, algebra), asked.features, algebra);
  const right = [0, 0];
  asked.labels.forEach((label, i) => (right[label]! += argmax(rowOf(scores, i)) === label ? 1 : 0));
  return right.map((n, c) => n / asked.labels.filter((label) => label === c).length);
};

const random = createRandom("uneven");
const swayed = fewShotMethods.filter(({ name }) =>
  ["baseline-plus-plus", "k-nn", "lda", "logistic-regression", "matching-networks", "ridge", "scale-shift"].includes(
    name,
  ),
);

it.each(swayed)(
  "$name recognises 9 rare photos beside 101 common ones better when classes count alike",
  async (method) => {
    const support = draw([101, 9], random.fork("support"));
    const asked = draw([300, 300], random.fork("asked"));
    const plain = await recalls(method, support, asked);
    const classWeights = weighClasses("balanced", support);
    const balanced = await recalls(method, { ...support, classWeights }, asked);
    expect(plain[1]).toBeLessThan(0.3);
    expect(balanced[1]).toBeGreaterThan(plain[1]! + 0.2);
    expect(balanced[0]! + balanced[1]!).toBeGreaterThan(plain[0]! + plain[1]!);
  },
);

it.each(fewShotMethods)("$name does not change, bit for bit, where classes are of one size", async (method) => {
  const support = draw([11, 11, 11], random.fork("even"));
  const weighted = { ...support, classWeights: weighClasses("balanced", support) };
  expect(await method.fit(weighted, method.defaults, algebra)).toEqual(
    await method.fit(support, method.defaults, algebra),
  );
  const rows = [Int32Array.from(support.labels.keys()), Int32Array.from({ length: 20 }, (_, i) => (i * 7) % 33)];
  expect(await method.fitSubsets?.(weighted, rows, method.defaults, algebra)).toEqual(
    await method.fitSubsets?.(support, rows, method.defaults, algebra),
  );
});
