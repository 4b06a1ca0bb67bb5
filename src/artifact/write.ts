import type { Graph } from "../graph/graph.ts";
import { addAnswers, NEIGHBOURS, type AnswerParts } from "../nn/answers.ts";
import { exportModel } from "../onnx/export.ts";
import { openSession } from "../runtime/node.ts";
import { metadataToProps, type ArtifactMetadata } from "./metadata.ts";
import { recordVectors } from "./test-vectors.ts";

export interface ArtifactParts extends Omit<AnswerParts, "classes" | "temperature" | "columns"> {
  /** `pixels` uint8 [n, …] -> `embedding` [n, dim]; changed by the call. */
  readonly embedder: Graph;
  /** Versions of foreign operator domains in the embedder. */
  readonly domains: Readonly<Record<string, number>>;
  readonly metadata: Omit<ArtifactMetadata, "vectors">;
}

/**
 * Writes the one file: pixels in; probabilities, embedding, unknown score and nearest training pictures out.
 *
 * The model is loaded and asked its test vectors before the bytes are given back.
 */
export const writeModel = async ({ embedder, domains, metadata, ...answers }: ArtifactParts): Promise<Uint8Array> => {
  const { labels, head } = metadata;
  addAnswers(embedder, { ...answers, classes: labels.length, temperature: head.temperature, columns: head.columns });
  return sealModel(embedder, domains, metadata);
};

/** The bytes of a whole model with the answers that it gives now as its test vectors. */
export const sealModel = async (
  model: Graph,
  domains: Readonly<Record<string, number>>,
  metadata: Omit<ArtifactMetadata, "vectors">,
): Promise<Uint8Array> => {
  const session = await openSession(exportModel(model, { domains }));
  try {
    const vectors = await recordVectors(session, metadata.preprocess);
    return exportModel(model, { domains, metadata: metadataToProps({ ...metadata, vectors }) });
  } finally {
    await session.close();
  }
};

/** Which training pictures to keep in the file when all would take more than `maxBytes`: the same share of every class. */
export const keptForNeighbours = (labels: Int32Array, dim: number, maxBytes = 8 * 2 ** 20): number[] => {
  const room = Math.max(NEIGHBOURS, Math.floor(maxBytes / dim));
  if (labels.length <= room) return Array.from(labels, (_, i) => i);
  const seen = new Map<number, number>();
  const ranked = Array.from(labels, (label, index) => {
    const rank = seen.get(label) ?? 0;
    seen.set(label, rank + 1);
    return { index, rank };
  });
  ranked.sort((a, b) => a.rank - b.rank || a.index - b.index);
  return ranked
    .slice(0, room)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
};
