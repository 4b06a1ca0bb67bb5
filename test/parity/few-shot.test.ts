import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { matrixOf, rowOf, type Matrix } from "../../src/base/matrix.ts";
import { openAlgebra } from "../../src/methods/algebra.ts";
import { fewShotMethods } from "../../src/methods/few-shot/index.ts";
import { largestDifference } from "../fixtures/differences.ts";

/** Made by numpy on whole features, from the papers alone: test/parity/make/few-shot.py. */
const reference = JSON.parse(readFileSync(new URL("few-shot.json", import.meta.url), "utf8")) as {
  readonly ways: number;
  readonly labels: readonly number[];
  readonly support: readonly (readonly number[])[];
  readonly queries: readonly (readonly number[])[];
  readonly scores: Readonly<Record<string, readonly (readonly number[])[]>>;
};

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

/** Each row less its mean: what classes share is no part of the answer, and nearest-class-mean leaves it out. */
const centredRows = (m: Matrix): Matrix => {
  const out = matrixOf(Array.from({ length: m.rows }, (_, i) => [...rowOf(m, i)]));
  for (let i = 0; i < out.rows; i++) {
    const row = rowOf(out, i);
    const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
    for (let c = 0; c < row.length; c++) row[c]! -= mean;
  }
  return out;
};

/** Options where they are not the defaults. */
const options: Readonly<Record<string, object>> = { "nearest-class-mean": { metric: "euclidean" } };

describe("few-shot methods against numpy", () => {
  it.each(Object.entries(reference.scores))(
    "%s gives the scores of an independent implementation",
    async (name, scores) => {
      const method = fewShotMethods.find((m) => m.name === name)!;
      const support = {
        features: matrixOf(reference.support),
        labels: Int32Array.from(reference.labels),
        ways: reference.ways,
      };
      const state = await method.fit(support, { ...method.defaults, ...options[name] }, algebra);
      const own = await method.predict(state, matrixOf(reference.queries), algebra);
      expect(largestDifference(centredRows(own), centredRows(matrixOf(scores)))).toBeLessThan(2e-4);
    },
  );
});
