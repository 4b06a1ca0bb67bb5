import { artifactError } from "../base/errors.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";

/** Where in a network its image features are read. */
export interface FeaturePoint {
  readonly value: Value;
  /** In words: what was found and why it was taken. */
  readonly found: string;
}

/** Operators that only reshape or normalise a classifier's scores. */
const passing = new Set([
  "Softmax",
  "LogSoftmax",
  "Sigmoid",
  "Identity",
  "Flatten",
  "Reshape",
  "Squeeze",
  "Dropout",
  "Cast",
  "Clip",
  "Relu",
]);
const pooling = new Set(["GlobalAveragePool", "ReduceMean", "AveragePool"]);
const featureNames = [
  "features",
  "embedding",
  "embeddings",
  "pooler_output",
  "image_embeds",
  "last_hidden_state",
  "feature_map",
];

const named = (graph: Graph, name: string): Value | undefined =>
  [...graph.outputs, ...graph.nodes.flatMap((node) => node.outputs)].find((value) => value.name === name);

/** The input of a node that depends on the image; the first one that is no constant. */
const flowing = (node: Node): Value | undefined =>
  node.inputs.find((v): v is Value => v !== null && v.constant === null);

const isWeighted = (node: Node): boolean =>
  (node.op.type === "Gemm" || node.op.type === "MatMul" || node.op.type === "Conv") && !!node.inputs[1]?.constant;

/** Number of classes a classifier layer gives: the length of its weight's output axis. */
const classesOf = (node: Node): number => {
  const shape = node.inputs[1]!.constant!.shape;
  const transposed = node.op.type === "Conv" || (node.op.type === "Gemm" && node.attributes?.transB === 1);
  return transposed ? shape[0]! : shape.at(-1)!;
};

/**
 * Walks from a score output back over reshaping, pooling and bias nodes to the last weighted layer.
 * Its input is the penultimate value; where pooling came after the layer (SqueezeNet), that input is a map still to pool.
 */
const classifierOf = (scores: Value): Node | undefined => {
  for (let value: Value | undefined = scores; value?.producer;) {
    const node: Node = value.producer;
    if (isWeighted(node)) return node;
    const bias = node.op.type === "Add" && node.inputs.some((v) => v?.constant);
    if (!bias && !passing.has(node.op.type) && !pooling.has(node.op.type)) return undefined;
    value = flowing(node);
  }
  return undefined;
};

/**
 * Finds the penultimate pooled value of a network: its image features.
 *
 * In order: the value named `hint`; an output with a usual name (features, pooler_output, last_hidden_state, …); the
 * input of the last weighted layer before the scores; else the first output itself. Maps [n, d, h, w] and token lists
 * [n, tokens, d] are pooled by `buildEmbedder`.
 *
 * @param why  in words: who named `hint`
 * @throws artifactError E_MODEL_FEATURES when `hint` names no value of the graph
 */
export const findFeatures = (graph: Graph, hint?: string, why = "as asked for"): FeaturePoint => {
  if (hint !== undefined) {
    const value = named(graph, hint);
    if (value) return { value, found: `value "${hint}", ${why}` };
    throw artifactError("E_MODEL_FEATURES", `the model has no value named "${hint}"`, {
      hint: `Its outputs are: ${graph.outputs.map((v) => v.name).join(", ")}.`,
    });
  }
  for (const name of featureNames) {
    const output = graph.outputs.find((v) => v.name === name);
    if (output) return { value: output, found: `output "${name}"` };
  }
  const scores = graph.outputs[0]!;
  const classifier = classifierOf(scores);
  const value = classifier && flowing(classifier);
  if (classifier && value?.producer) {
    const what = `${classifier.op.type} "${classifier.name}" of ${classesOf(classifier)} classes, which is left out`;
    return { value, found: `value "${value.name}", the input of the last layer (${what})` };
  }
  return { value: scores, found: `output "${scores.name}" (no classifier layer found before it)` };
};
