import { afterAll, describe, expect, it } from "vitest";
import { tinyMetadata } from "../../../test/fixtures/tiny-model.ts";
import { matrix, matrixOf, rowOf } from "../../base/matrix.ts";
import { openAlgebra } from "../../methods/algebra.ts";
import { headOf, relearnHeads } from "./relearned-heads.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const metadata = { ...tinyMetadata, vectors: [], head: { name: "nearest-class-mean", options: {}, temperature: 1 } };
const method = headOf(metadata)!;
// row 0 is labelled wrongly: a head that learned from it alone in its corner would call it right
const embeddings = matrixOf([
  [9, 9],
  [0, 1],
  [0, 2],
  [9, 8],
  [8, 9],
  [1, 0],
]);
const labels = Int32Array.of(0, 0, 0, 1, 1, 1);
const folds = Int32Array.of(0, 1, 2, 1, 2, 0);

describe("heads learned again without a fold", () => {
  it("answer for photos that the model learned from, and leave the others' answers alone", async () => {
    const learned = [true, true, true, true, true, false];
    const outOfFold = await relearnHeads({ metadata, method, embeddings, labels, folds, learned, algebra });
    const probabilities = matrix(6, 2, new Float32Array(12).fill(0.5));
    const out = await outOfFold!({ embeddings, probabilities, unknown: [], nearest: [] });
    expect(rowOf(out, 0)[1]).toBeGreaterThan(0.5); // without itself it is nearest to class 1
    expect(rowOf(out, 1)[0]).toBeGreaterThan(0.5);
    expect([...rowOf(out, 5)]).toEqual([0.5, 0.5]);
    expect([...rowOf(probabilities, 0)]).toEqual([0.5, 0.5]);
  });

  it("cannot be learned where a fold holds all of a class, nor for a tuned network or changed classes", async () => {
    const alone = {
      metadata,
      method,
      embeddings,
      labels,
      folds: labels,
      learned: new Array<boolean>(6).fill(true),
      algebra,
    };
    expect(await relearnHeads(alone)).toBeNull();
    expect(headOf({ ...metadata, head: { ...metadata.head, name: "fine-tuned" } })).toBeNull();
    expect(headOf({ ...metadata, changes: ["added"] })).toBeNull();
  });
});
