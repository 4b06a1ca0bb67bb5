import { readFile, stat } from "node:fs/promises";
import { artifactError, HandfulError, messageOf } from "../base/errors.ts";
import { argmax } from "../base/matrix.ts";
import { inputShape, inputSize, type Preprocess } from "../base/preprocess.ts";
import type { Tensor } from "../graph/dtype.ts";
import { importModel } from "../onnx/import.ts";
import { openSession, type Session } from "../runtime/node.ts";
import { metadataFromProps, type ArtifactMetadata } from "./metadata.ts";
import { replayVectors } from "./test-vectors.ts";

/** What a model says of one picture. */
export interface Prediction {
  /** The likeliest class, or null: unlike anything seen in training. */
  readonly label: string | null;
  /** The likeliest class whether or not the picture is unknown, and its probability. */
  readonly likeliest: string;
  readonly probability: number;
  /** By class, in the order of `metadata.labels`. */
  readonly probabilities: readonly number[];
  /** Classes that hold the truth with the conformal level's confidence, likeliest first. */
  readonly set: readonly string[];
  readonly unknownScore: number;
  /** The most similar training pictures, most similar first; similarity is a cosine, at most 1. */
  readonly nearest: readonly { readonly name: string; readonly label: string; readonly similarity: number }[];
  readonly embedding: Float32Array;
}

/** A loaded model file. Must be closed. */
export interface Model {
  readonly metadata: ArtifactMetadata;
  readonly preprocess: Preprocess;
  /** @param pictures  preprocessed pictures or volumes, each uint8 of shape `inputShape(preprocess)` */
  predict(pictures: readonly Uint8Array[]): Promise<Prediction[]>;
  close(): Promise<void>;
}

/** A model that also gives what its graph computes, unread. */
export interface LoadedModel extends Model {
  /**
   * The graph's outputs, a row a picture; `readPredictions` says what they mean.
   *
   * @param pictures  at least one; as of `predict`
   */
  outputs(pictures: readonly Uint8Array[]): Promise<Readonly<Record<string, Tensor>>>;
}

const OUTPUTS = ["probabilities", "embedding", "unknown_score", "neighbour_index", "neighbour_similarity"];
const MAX_BYTES = 2 ** 31 - 1;

/** Reads a model file; says in plain words when there is none or it is too large. */
export const readModelFile = async (path: string): Promise<Uint8Array> => {
  const info = await stat(path).catch((cause: unknown) => {
    const isGone = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new HandfulError(
      "missing",
      "E_MODEL_MISSING",
      `${path}: no such model file${isGone ? "" : ` (${messageOf(cause)})`}`,
      {
        hint: "Check the path, or train one: handful train <photos>.",
        cause,
      },
    );
  });
  if (!info.isFile())
    throw artifactError("E_MODEL_PARSE", `${path} is no file`, { hint: "Give the model.onnx inside the run folder." });
  if (info.size > MAX_BYTES)
    throw artifactError("E_MODEL_PARSE", `${path} is larger than 2 GiB, the limit of the format`);
  return readFile(path);
};

const checkSignature = (graph: ReturnType<typeof importModel>["graph"], { preprocess }: ArtifactMetadata): void => {
  const [pixels, ...others] = graph.inputs;
  const wanted = `pixels uint8 [n, ${inputShape(preprocess).join(", ")}]`;
  const right =
    pixels?.name === "pixels" &&
    pixels.dtype === "uint8" &&
    others.length === 0 &&
    pixels.dims?.slice(1).join() === inputShape(preprocess).join();
  const got = graph.inputs.map((v) => `${v.name} ${v.dtype} [${v.dims ?? "?"}]`).join(", ") || "no input";
  if (!right) throw artifactError("E_ARTIFACT_SIGNATURE", `model input: wanted ${wanted}, got ${got}`);
  const missing = OUTPUTS.filter((name) => !graph.outputs.some((output) => output.name === name));
  if (missing.length > 0) throw artifactError("E_ARTIFACT_SIGNATURE", `model outputs: ${missing.join(", ")} missing`);
};

/** Checks model bytes without running them: structure, metadata, signature. */
export const inspectModel = (bytes: Uint8Array): { metadata: ArtifactMetadata; fixedBatch: boolean } => {
  const { graph, metadata: props } = importModel(bytes);
  const metadata = metadataFromProps(props);
  checkSignature(graph, metadata);
  return { metadata, fixedBatch: graph.inputs[0]!.dims![0] === 1 };
};

/** What probabilities and unknown score say in words. */
const decide = (
  { labels, thresholds }: ArtifactMetadata,
  probabilities: number[],
  unknownScore: number,
): Omit<Prediction, "nearest" | "embedding"> => {
  if (![...probabilities, unknownScore].every(Number.isFinite))
    throw new HandfulError("damaged", "E_MODEL_NAN", "the model answers with numbers that are not finite", {
      hint: "Check the picture and the model file.",
    });
  const best = argmax(probabilities);
  const order = probabilities.map((_, i) => i).sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  const set =
    thresholds.setProbability === null
      ? [best]
      : order.filter((c) => c === best || probabilities[c]! >= thresholds.setProbability!);
  const unknown = thresholds.unknown !== null && unknownScore > thresholds.unknown;
  return {
    label: unknown ? null : labels[best]!,
    likeliest: labels[best]!,
    probability: probabilities[best]!,
    probabilities,
    set: set.map((c) => labels[c]!),
    unknownScore,
  };
};

const predictionOf = (
  metadata: ArtifactMetadata,
  row: {
    probabilities: number[];
    unknownScore: number;
    embedding: Float32Array;
    indices: number[];
    similarities: number[];
  },
): Prediction => {
  const { labels, training } = metadata;
  return {
    ...decide(metadata, row.probabilities, row.unknownScore),
    nearest: row.indices.map((index, i) => ({
      name: training.names[index]!,
      label: labels[training.labels[index]!]!,
      similarity: row.similarities[i]!,
    })),
    embedding: row.embedding,
  };
};

/** One answer of several views of a picture: mean probabilities and unknown score, all else as of the first view. */
export const averagePredictions = (
  metadata: ArtifactMetadata,
  views: readonly [Prediction, ...Prediction[]],
): Prediction => {
  const meanOf = (value: (prediction: Prediction) => number): number =>
    views.reduce((sum, prediction) => sum + value(prediction), 0) / views.length;
  const probabilities = views[0].probabilities.map((_, c) => meanOf((prediction) => prediction.probabilities[c]!));
  return {
    ...views[0],
    ...decide(
      metadata,
      probabilities,
      meanOf((prediction) => prediction.unknownScore),
    ),
  };
};

const runBatch = (
  session: Session,
  { preprocess }: ArtifactMetadata,
  pictures: readonly Uint8Array[],
): Promise<Record<string, Tensor>> => {
  const size = inputSize(preprocess);
  const data = new Uint8Array(pictures.length * size);
  pictures.forEach((picture, i) => data.set(picture, i * size));
  const shape = [pictures.length, ...inputShape(preprocess)];
  return session.run({ pixels: { dtype: "uint8", shape, data } }, OUTPUTS);
};

/** One batch of answers from the answers of single pictures, for graphs that take no more than one. */
const stacked = (rows: readonly Readonly<Record<string, Tensor>>[]): Record<string, Tensor> => {
  const stack = (name: string): Tensor => {
    const parts = rows.map((row) => row[name]!);
    const { dtype, shape } = parts[0]!;
    const values = parts.flatMap(({ data }) => Array.from<number | bigint>(data as Float32Array));
    const data = dtype === "int64" ? BigInt64Array.from(values as bigint[]) : Float32Array.from(values as number[]);
    return { dtype, shape: [rows.length, ...shape.slice(1)], data };
  };
  return Object.fromEntries(Object.keys(rows[0]!).map((name) => [name, stack(name)]));
};

/**
 * What a model's outputs say, picture by picture; a picture whose numbers are not finite gets an error of its own.
 *
 * @param outputs  as of `LoadedModel.outputs`
 */
export const readPredictions = (
  metadata: ArtifactMetadata,
  outputs: Readonly<Record<string, Tensor>>,
): (Prediction | HandfulError)[] => {
  const n = outputs.unknown_score!.shape[0]!;
  const rows = (name: string): ((i: number) => number[]) => {
    const values = outputs[name]!.data as ArrayLike<number | bigint>;
    const width = values.length / n;
    return (i) => Array.from({ length: width }, (_, j) => Number(values[i * width + j]));
  };
  const [probabilities, unknown, indices, similarities] = [
    rows("probabilities"),
    rows("unknown_score"),
    rows("neighbour_index"),
    rows("neighbour_similarity"),
  ];
  const embeddings = outputs.embedding!.data as Float32Array;
  const dim = embeddings.length / n;
  return Array.from({ length: n }, (_, i) => {
    try {
      return predictionOf(metadata, {
        probabilities: probabilities(i),
        unknownScore: unknown(i)[0]!,
        embedding: embeddings.slice(i * dim, (i + 1) * dim),
        indices: indices(i),
        similarities: similarities(i),
      });
    } catch (thrown) {
      if (thrown instanceof HandfulError) return thrown;
      throw thrown;
    }
  });
};

export interface LoadOptions {
  readonly threads?: number;
  /** How the graph is loaded into the runtime; in this thread when left out. */
  readonly open?: (bytes: Uint8Array, options: { readonly threads?: number }) => Promise<Session>;
}

/**
 * Loads a model from its bytes and replays its test vectors.
 *
 * @throws HandfulError of kind "damaged" when the file is no Handful model, was changed, or answers differently
 */
export const loadModel = async (
  bytes: Uint8Array,
  { open = openSession, ...options }: LoadOptions = {},
): Promise<LoadedModel> => {
  const { metadata, fixedBatch } = inspectModel(bytes);
  const session = await open(bytes, options);
  try {
    await replayVectors(session, metadata);
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
  const outputs = async (pictures: readonly Uint8Array[]): Promise<Record<string, Tensor>> => {
    if (!fixedBatch) return runBatch(session, metadata, pictures);
    const rows: Record<string, Tensor>[] = [];
    for (const picture of pictures) rows.push(await runBatch(session, metadata, [picture]));
    return stacked(rows);
  };
  return {
    metadata,
    preprocess: metadata.preprocess,
    outputs,
    predict: async (pictures) => {
      if (pictures.length === 0) return [];
      return readPredictions(metadata, await outputs(pictures)).map((answer) => {
        if (answer instanceof HandfulError) throw answer;
        return answer;
      });
    },
    close: () => session.close(),
  };
};
