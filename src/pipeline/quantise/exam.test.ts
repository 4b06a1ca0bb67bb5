import { afterAll, describe, expect, it } from "vitest";
import { tinyMetadata } from "../../../test/fixtures/tiny-model.ts";
import type { Model, Prediction } from "../../artifact/load.ts";
import { createRandom } from "../../base/random.ts";
import { openAlgebra } from "../../methods/algebra.ts";
import { openExam } from "./exam.ts";

const algebra = openAlgebra(1);
afterAll(() => algebra.close());

const labels = Int32Array.from({ length: 24 }, (_, i) => i % 2);
const random = createRandom("exam");
const embeddings = Array.from(labels, (label) =>
  Float32Array.of(label + 0.2 * random.normal(), 1 - label + 0.2 * random.normal()),
);

/** A model that knows each photo by the first byte of its picture, and finds it among its training photos if asked to. */
const modelOf = (head: string, knows: (photo: number) => boolean): Model =>
  ({
    metadata: { ...tinyMetadata, vectors: [], head: { name: head, options: {}, temperature: 1 } },
    predict: async (pictures: readonly Uint8Array[]) =>
      pictures.map(([photo]): Partial<Prediction> => ({
        embedding: embeddings[photo!]!,
        probabilities: [0.5, 0.5],
        label: "blue",
        nearest: [{ name: knows(photo!) ? `${photo!}.jpg` : "0.jpg", label: "blue", similarity: 1 }],
      })),
  }) as unknown as Model;

const photos = { count: 24, name: (i: number) => `${i}.jpg`, pixels: async (i: number) => Uint8Array.of(i) };
const asked = { photos, labels, groups: Array.from(labels, () => null), maybeLearned: Array.from(labels, () => true) };
const open = (model: Model) => openExam(model, asked, { random: createRandom(1), algebra, onProgress: undefined });

describe("the exam", () => {
  it("takes a photo as learned from only where the model finds it again, whatever its name", async () => {
    const exam = await open(modelOf("nearest-class-mean", (photo) => photo >= 4));
    expect(exam.learned).toBe(21); // the first as well: the model calls all unknown ones 0.jpg
    expect([...exam.before.probabilities.data.subarray(2, 4)]).toEqual([0.5, 0.5]);
    expect(exam.before.probabilities.data[10]).not.toBe(0.5);
    expect(exam.notes).toEqual([]);
    expect(new Set(exam.folds).size).toBe(5);
  });

  it("says that both figures flatter where the head cannot be learned again", async () => {
    const exam = await open(modelOf("fine-tuned", () => true));
    expect(exam.outOfFold).toBeNull();
    expect(exam.notes.join()).toMatch(/learned from 24 of these photos/);
  });
});
