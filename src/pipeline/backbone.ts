import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { artifactError, internalError } from "../base/errors.ts";
import { matrix, type Matrix } from "../base/matrix.ts";
import { inputShape, inputSize, type Preprocess } from "../base/preprocess.ts";
import { valueNamed } from "../graph/cut.ts";
import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import { specialise } from "../graph/specialise.ts";
import { buildEmbedder, imageInput, type ImageInput } from "../nn/embedder.ts";
import { findTaps } from "../nn/find-taps.ts";
import { findFeatures, type FeaturePoint } from "../nn/find-features.ts";
import { volumeInput, volumeSettings, type VolumeInput } from "../nn/volume-input.ts";
import { exportModel } from "../onnx/export.ts";
import { foreignOperators, importModel, type ImportedModel } from "../onnx/import.ts";
import { openSession, type Session } from "../runtime/node.ts";
import { openWorkerSession } from "../runtime/worker-session.ts";
import { splitBackbone, type SplitBackbone } from "./learned-backbone.ts";
import type { ResolvedBackbone } from "./resolve-backbone.ts";

/** A frozen network that turns preprocessed pictures into embeddings. Must be closed. */
export interface Backbone {
  readonly resolved: ResolvedBackbone;
  readonly preprocess: Preprocess;
  /** Length of an embedding. */
  readonly dim: number;
  /** The comparison that was learned with the network; null where none was. */
  readonly relation: SplitBackbone["relation"];
  /** In words: which value of the network the embedding is. */
  readonly found: string;
  /** Names what an embedding depends on besides the picture: weights, feature value and preprocessing. */
  readonly key: string;
  /** Pictures a run takes at best. */
  readonly batch: number;
  /** Runs that go on at once. */
  readonly lanes: number;
  /** @param pictures  uint8, of shape `inputShape(preprocess)` each; -> [pictures, dim] */
  embed(pictures: readonly Uint8Array[]): Promise<Matrix>;
  /** A new graph `pixels` -> `embedding`, to grow a model on; without taps: -> the features alone, as they come out. */
  graph(options?: { readonly taps: boolean }): { readonly embedder: Graph; readonly domains: ImportedModel["domains"] };
  close(): Promise<void>;
}

export interface BackboneOptions {
  readonly threads?: number;
  /** Name of the value to take as features; when absent the one the backbone's settings name, else found by itself. */
  readonly features?: string;
}

const BATCH = 2;
const MAX_LANES = 4;

type NetworkInput = ImageInput | VolumeInput;

/** What a network takes: pictures or volumes. */
const networkInput = (graph: Graph): NetworkInput => volumeInput(graph) ?? imageInput(graph);

/** Shape of the network's own input, which normalisation comes before. */
const tensorShape = ({ layout, batch }: NetworkInput, { depth, height, width }: Preprocess): number[] => {
  const n = batch ?? 1;
  if (layout === "ncdhw") return [n, 1, depth!, height, width];
  return layout === "nchw" ? [n, 3, height, width] : [n, height, width, 3];
};

/** The graph with all shapes known as far as they can be; null where it holds operators that are not on the shelf. */
const withShapes = (model: ImportedModel, preprocess: Preprocess): Graph | null => {
  if (foreignOperators(model.graph).length > 0) return null;
  const input = networkInput(model.graph);
  return specialise(model.graph, { [input.value.name]: tensorShape(input, preprocess) });
};

/** The shape of a value as it comes out of a run on one black picture. */
const probeShape = async (model: ImportedModel, feature: Value, preprocess: Preprocess): Promise<readonly number[]> => {
  const input = networkInput(model.graph);
  const outputs = [...model.graph.outputs];
  model.graph.outputs.length = 0;
  model.graph.output(feature);
  const session = await openSession(exportModel(model.graph, { domains: model.domains }));
  try {
    const shape = tensorShape(input, preprocess);
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const out = await session.run({ [input.value.name]: { dtype: "float32", shape, data } });
    return out[feature.name]!.shape;
  } finally {
    await session.close();
    model.graph.outputs.splice(0, Infinity, ...outputs);
  }
};

const checkSize = ({ name }: ResolvedBackbone, { height, width }: NetworkInput, preprocess: Preprocess): void => {
  if ((height !== null && height !== preprocess.height) || (width !== null && width !== preprocess.width))
    throw artifactError(
      "E_MODEL_INPUT",
      `backbone ${name} takes pictures of ${width} x ${height}, the preprocessing gives ${preprocess.width} x ${preprocess.height}`,
      {
        hint: `Give --image-size ${height ?? width}, or set "size" in the JSON beside the model.`,
      },
    );
};

const embedBatch = async (
  session: Session,
  preprocess: Preprocess,
  pictures: readonly Uint8Array[],
  dim: number,
): Promise<Matrix> => {
  const size = inputSize(preprocess);
  const data = new Uint8Array(pictures.length * size);
  pictures.forEach((picture, i) => data.set(picture, i * size));
  const shape = [pictures.length, ...inputShape(preprocess)];
  const out = await session.run({ pixels: { dtype: "uint8", shape, data } });
  return matrix(pictures.length, dim, out.embedding!.data as Float32Array);
};

/**
 * Sessions that share the threads: several of few threads beat one of many, since they never wait for each other
 * (bench/embedding.ts), and leave gaps in which pictures are decoded.
 */
const openSessions = (model: Uint8Array, threads = availableParallelism()): Promise<Session[]> => {
  const lanes = Math.min(threads, MAX_LANES);
  const each = { threads: Math.floor(threads / lanes), spin: false };
  return Promise.all(Array.from({ length: lanes }, () => openWorkerSession(model, each)));
};

/**
 * The settings without the margin that benchmarks crop away: what a person photographs reaches to the edges, and the
 * whole picture is worth more (docs/methods.md).
 */
const wholeView = (preprocess: Preprocess): Preprocess => ({
  ...preprocess,
  resizeTo: Math.max(preprocess.height, preprocess.width),
});

const foundText = ({ found }: FeaturePoint, shape: readonly number[], taps: readonly Value[]): string => {
  const how = shape.length > 3 ? ", averaged over the map" : shape.length === 3 ? ", first token" : "";
  const beside = taps.map((tap) => `${tap.name} [n, ${shapeOf(tap).slice(1).join(", ")}]`).join(" and ");
  const joined = taps.length === 0 ? "" : `, beside mean and deviation of ${beside}`;
  return `${found}, [${["n", ...shape.slice(1)].join(", ")}]${how}${joined}`;
};

/**
 * Opens a backbone: reads its graph, finds the feature value, puts the normalisation inside and loads it.
 *
 * @throws HandfulError when the file cannot be read, takes no image, or its features are no vector, map or token list
 */
export const openBackbone = async (resolved: ResolvedBackbone, options: BackboneOptions = {}): Promise<Backbone> => {
  const { network: model, learner, relation } = splitBackbone(importModel(resolved.bytes));
  const input = networkInput(model.graph);
  const stated = resolved.preprocess;
  const preprocess = input.layout === "ncdhw" ? volumeSettings(stated, input) : wholeView(stated);
  checkSize(resolved, input, preprocess);
  const point =
    options.features === undefined
      ? findFeatures(model.graph, resolved.features ?? undefined, "as the backbone's settings say")
      : findFeatures(model.graph, options.features);
  const whole = withShapes(model, preprocess);
  const known = whole && valueNamed(whole, point.value.name);
  const shape = known?.shape ?? (await probeShape(model, point.value, preprocess));
  if (shape.length < 2 || shape.length > (input.layout === "ncdhw" ? 5 : 4))
    throw artifactError(
      "E_MODEL_FEATURES",
      `the features of ${resolved.name} have shape [${shape}]; wanted [n, d], [n, tokens, d] or [n, d, h, w]`,
      { hint: "Name the right value with --features <name>." },
    );
  // features that were learned to be compared are taken as they are
  const isWhole = options.features !== undefined || learner !== null;
  const taps = !isWhole && known && input.layout === "nchw" ? findTaps(whole, known) : [];
  const names = [point.value.name, ...taps.map((tap) => tap.name)];
  const dim = (shape.length === 3 ? shape[2]! : shape[1]!) + taps.reduce((sum, tap) => sum + 2 * shapeOf(tap)[1]!, 0);
  const build = (withTaps = true): Graph => {
    const { graph } = splitBackbone(importModel(resolved.bytes)).network;
    const [feature, ...maps] = names.map((name) => valueNamed(graph, name));
    return buildEmbedder(graph, { feature: feature!, rank: shape.length, taps: withTaps ? maps : [] }, preprocess);
  };
  const sessions = await openSessions(exportModel(build(), { domains: model.domains }), options.threads);
  const batch = input.batch ?? BATCH;
  let turn = 0;
  return {
    resolved,
    preprocess,
    dim,
    relation,
    found: foundText(point, shape, taps),
    key: createHash("sha256")
      .update(JSON.stringify([resolved.sha256, names, preprocess, "embedding 3"]))
      .digest("hex"),
    batch,
    lanes: sessions.length,
    embed: async (pictures) => {
      const session = sessions[turn++ % sessions.length]!;
      if (pictures.length > batch) throw internalError(`${pictures.length} pictures for a batch of ${batch}`);
      if (input.batch === null || pictures.length === input.batch)
        return embedBatch(session, preprocess, pictures, dim);
      const padded = [...pictures, ...Array.from({ length: input.batch - pictures.length }, () => pictures[0]!)];
      const all = await embedBatch(session, preprocess, padded, dim);
      return matrix(pictures.length, dim, all.data.slice(0, pictures.length * dim));
    },
    graph: (wanted = { taps: true }) => ({ embedder: build(wanted.taps), domains: model.domains }),
    close: async () => {
      for (const session of sessions) await session.close();
    },
  };
};
