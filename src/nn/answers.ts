import { matrix, rowOf, type Matrix } from "../base/matrix.ts";
import { artifactError } from "../base/errors.ts";
import { floats, numbersOf, type Tensor } from "../graph/dtype.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { div } from "../ops/div.ts";
import { gather } from "../ops/gather.ts";
import { matmul } from "../ops/matmul.ts";
import { mul } from "../ops/mul.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { softmax } from "../ops/softmax.ts";
import { sqrt } from "../ops/sqrt.ts";
import { topK } from "../ops/top-k.ts";

/** Emits graph nodes from the embedding [n, dim]. */
export type Emit = (g: Graph, embedding: Value) => Value;

export interface AnswerParts {
  /** Scores [n, classes], not normalised. */
  readonly head: Emit;
  /** Distance from all that was seen in training, [n]; higher is stranger. */
  readonly unknown: Emit;
  /** Scores are divided by it before the softmax. */
  readonly temperature: number;
  /** Number of classes. */
  readonly classes: number;
  /**
   * The class that each column of the scores stands for, -1 for none; absent: column i is class i. A class of several
   * columns has the sum of their probabilities.
   */
  readonly columns?: readonly number[] | undefined;
  /** Embeddings of training pictures, [pictures, dim]. */
  readonly training: Matrix;
}

export const NEIGHBOURS = 3;
/** Name of the head's scores inside the graph, one column a class that was learned. */
export const SCORES = "handful_scores";
const TRAINING = "training_embeddings";
const SCALES = "training_scales";
/** Keeps an all-zero embedding from being divided by zero. */
const TINY = 1e-12;

/** Rows scaled to length 1 and rounded to 8 bits: row ~ scale * values. */
const quantiseRows = (m: Matrix): { values: Tensor; scales: Tensor } => {
  const values = new Int8Array(m.data.length);
  const scales = matrix(1, m.rows);
  for (let i = 0; i < m.rows; i++) {
    const row = rowOf(m, i);
    const norm = Math.hypot(...row) || 1;
    const peak = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / norm || 1;
    scales.data[i] = peak / 127;
    for (let j = 0; j < row.length; j++) values[i * m.columns + j] = Math.round((row[j]! / norm / peak) * 127);
  }
  return {
    values: { dtype: "int8", shape: [m.rows, m.columns], data: values },
    scales: floats([1, m.rows], scales.data),
  };
};

/** The training pictures most like each picture, by cosine similarity: indices and similarities, [n, 3]. */
const nearest = (g: Graph, embedding: Value, training: Matrix): readonly [similarities: Value, indices: Value] => {
  const { values, scales } = quantiseRows(training);
  const transposed: Tensor = {
    ...values,
    shape: [training.columns, training.rows],
    data: transposeInt8(values.data as Int8Array, training.rows, training.columns),
  };
  const norm = sqrt(g, reduceSum(g, mul(g, embedding, embedding), { axes: [1] }));
  const unit = div(g, embedding, add(g, norm, g.constant(TINY, "tiny")));
  const similarity = mul(
    g,
    matmul(g, unit, cast(g, g.constant(transposed, TRAINING), "float32")),
    g.constant(scales, SCALES),
  );
  return topK(g, similarity, { k: Math.min(NEIGHBOURS, training.rows) });
};

const transposeInt8 = (data: Int8Array, rows: number, columns: number): Int8Array => {
  const out = new Int8Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return out;
};

/** The embeddings of training pictures that a graph holds, each scaled to length 1 and as precise as 8 bits. */
export const readTraining = (g: Graph): Matrix => {
  const constants = g.nodes.flatMap((node) => node.inputs.filter((v) => v?.constant));
  const [values, scales] = [TRAINING, SCALES].map((name) => constants.find((v) => v?.name === name)?.constant);
  if (!values || !scales)
    throw artifactError("E_MODEL_KEPT", "the model holds no embeddings of its training photos", {
      hint: "Train it again.",
    });
  const [dim, rows] = values.shape as [number, number];
  const [entries, steps] = [numbersOf(values), numbersOf(scales)];
  const out = matrix(rows, dim);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < dim; j++) out.data[i * dim + j] = entries[j * rows + i]! * steps[i]!;
  return out;
};

/** Names a value inside the graph, where it does not bear the name already. */
const named = (g: Graph, value: Value, name: string): Value => {
  if (value.name !== name) value.name = g.freshName(name);
  return value;
};

/** Probabilities of classes from scores of columns. */
const normalise = (g: Graph, scores: Value, { temperature, classes, columns }: AnswerParts): Value => {
  const kept = columns?.flatMap((c, i) => (c < 0 ? [] : [i]));
  const chosen = kept && kept.length < columns!.length ? gather(g, scores, kept, 1) : scores;
  const each = softmax(g, div(g, chosen, g.constant(temperature, "temperature")), 1);
  if (!kept || kept.every((column, i) => columns![column] === i)) return each;
  const members = matrix(kept.length, classes);
  kept.forEach((column, i) => (members.data[i * classes + columns![column]!] = 1));
  return matmul(g, each, g.constant(floats([kept.length, classes], members.data), "columns_of_classes"));
};

/**
 * Replaces the output of an embedder by the answers of a classifier: `probabilities` [n, classes], `embedding` [n, dim],
 * `unknown_score` [n], and the training pictures most like each picture: `neighbour_index` int64 and
 * `neighbour_similarity` (cosine), [n, 3]. Changes `g` itself.
 */
export const addAnswers = (g: Graph, parts: AnswerParts): void => {
  const { training, classes } = parts;
  const embedding = g.outputs[0]!;
  const batch = g.inputs[0]!.dims![0]!;
  const probabilities = normalise(g, named(g, parts.head(g, embedding), SCORES), parts);
  const [similarities, indices] = nearest(g, embedding, training);
  const unknown = parts.unknown(g, embedding);
  const kept = Math.min(NEIGHBOURS, training.rows);
  g.outputs.length = 0;
  g.output(probabilities, "probabilities", [batch, classes]);
  g.output(embedding, undefined, [batch, training.columns]);
  g.output(unknown, "unknown_score", [batch]);
  g.output(indices, "neighbour_index", [batch, kept]);
  g.output(similarities, "neighbour_similarity", [batch, kept]);
};
