import { artifactError } from "../base/errors.ts";
import { inputShape, type Preprocess } from "../base/preprocess.ts";
import type { Tensor } from "../graph/dtype.ts";
import type { Session } from "../runtime/node.ts";
import type { ArtifactMetadata } from "./metadata.ts";

type TestVector = ArtifactMetadata["vectors"][number];

/** Largest difference between machines that is still the same answer: sums in another order, not other weights. */
const TOLERANCE = 2e-3;
const EMBEDDING_ENTRIES = 16;
const BLOCK = 8;

/**
 * The picture of a test vector: blocks of 8 x 8 pixels, coloured by a linear congruential generator, so that any
 * language can draw it: state' = 1664525 state + 1013904223 (mod 2^32), colour = state' >> 24; blocks row by row,
 * R, G, B in turn.
 *
 * A volume is the picture of its planes one below the other, of which red counts.
 *
 * @returns uint8 of shape `inputShape`: RGB [height, width, 3], or [depth, height, width, 1]
 */
export const testPicture = (
  seed: number,
  { depth, height, width }: Pick<Preprocess, "depth" | "height" | "width">,
): Uint8Array => {
  const rows = (depth ?? 1) * height;
  const across = Math.ceil(width / BLOCK);
  const colours = new Uint8Array(across * Math.ceil(rows / BLOCK) * 3);
  let state = seed >>> 0;
  for (let i = 0; i < colours.length; i++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    colours[i] = state >>> 24;
  }
  const channels = depth === undefined ? 3 : 1;
  const picture = new Uint8Array(rows * width * channels);
  for (let y = 0, at = 0; y < rows; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) picture[at++] = colours[((y >> 3) * across + (x >> 3)) * 3 + c]!;
  return picture;
};

const answer = async (session: Session, seed: number, preprocess: Preprocess): Promise<TestVector> => {
  const pixels: Tensor = {
    dtype: "uint8",
    shape: [1, ...inputShape(preprocess)],
    data: testPicture(seed, preprocess),
  };
  const out = await session.run({ pixels }, ["probabilities", "embedding", "unknown_score"]);
  const numbers = (name: string): number[] => Array.from(out[name]!.data as Float32Array);
  return {
    seed,
    probabilities: numbers("probabilities"),
    unknownScore: numbers("unknown_score")[0]!,
    embedding: numbers("embedding").slice(0, EMBEDDING_ENTRIES),
  };
};

/** Runs the model on two drawn pictures and keeps what it answers. */
export const recordVectors = async (session: Session, preprocess: Preprocess): Promise<TestVector[]> => {
  const vectors: TestVector[] = [];
  for (const seed of [1, 2]) vectors.push(await answer(session, seed, preprocess));
  return vectors;
};

/** Largest difference of two rows, relative to the size of the wanted entries where these exceed 1. */
const difference = (wanted: readonly number[], got: readonly number[]): number => {
  if (wanted.length !== got.length) return Infinity;
  const scale = Math.max(1, ...wanted.map(Math.abs));
  return Math.max(0, ...wanted.map((w, i) => (Number.isFinite(got[i]!) ? Math.abs(w - got[i]!) / scale : Infinity)));
};

/**
 * Asks the model the recorded questions again.
 *
 * @throws artifactError E_ARTIFACT_ANSWERS when it answers differently: damaged weights, or a runtime that computes wrongly
 */
export const replayVectors = async (session: Session, { vectors, preprocess }: ArtifactMetadata): Promise<void> => {
  for (const wanted of vectors) {
    const got = await answer(session, wanted.seed, preprocess);
    const off = Math.max(
      difference(wanted.probabilities, got.probabilities),
      difference(wanted.embedding, got.embedding),
      difference([wanted.unknownScore], [got.unknownScore]),
    );
    if (!(off <= TOLERANCE))
      throw artifactError(
        "E_ARTIFACT_ANSWERS",
        `test vector ${wanted.seed}: the model answers ${off.toPrecision(2)} away from what it answered when it was written (allowed: ${TOLERANCE})`,
        {
          hint: "The file was changed or damaged; take the original or train it again.",
        },
      );
  }
};
