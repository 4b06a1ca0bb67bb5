import { artifactError } from "../base/errors.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";
import type { ArtifactMetadata } from "./metadata.ts";
import { keptForNeighbours } from "./write.ts";

/** Picks entries of the last axis of a matrix of any type. */
const columns = (value: Value, kept: readonly number[]): Value["constant"] => {
  const { dtype, shape, data } = value.constant!;
  const [rows, all] = shape as [number, number];
  const source = data as Int8Array;
  const picked = source.slice(0, rows * kept.length);
  for (let r = 0; r < rows; r++) kept.forEach((column, i) => (picked[r * kept.length + i] = source[r * all + column]!));
  return { dtype, shape: [rows, kept.length], data: picked };
};

const readerOf = (g: Graph, name: string): { node: Node; index: number } => {
  for (const node of g.nodes) {
    const index = node.inputs.findIndex((v) => v?.name === name && v.constant);
    if (index >= 0) return { node, index };
  }
  throw artifactError("E_MODEL_KEPT", `the model holds no "${name}"`, { hint: "Train it again." });
};

type Facts = Omit<ArtifactMetadata, "vectors">;

/**
 * Keeps the embeddings of fewer training photos, the same share of every class, in place: the nearest photos are then
 * looked for among these. Answers and unknown score do not change.
 *
 * @param most  photos to keep, at least 3
 * @returns the metadata of what is kept
 */
export const thinNeighbours = <M extends Facts>(g: Graph, metadata: M, most: number): M => {
  const { training } = metadata;
  const kept = keptForNeighbours(Int32Array.from(training.labels), 1, most);
  if (kept.length === training.names.length) return metadata;
  for (const name of ["training_embeddings", "training_scales"]) {
    const { node, index } = readerOf(g, name);
    const value = node.inputs[index]!;
    const constant = columns(value, kept)!;
    const made = { ...value, shape: constant.shape, constant };
    node.inputs = node.inputs.map((v, i) => (i === index ? made : v));
  }
  const pick = <T>(list: readonly T[]): T[] => kept.map((i) => list[i]!);
  return {
    ...metadata,
    training: {
      ...training,
      names: pick(training.names),
      labels: pick(training.labels),
      ...(training.lengths && { lengths: pick(training.lengths) }),
    },
  };
};
