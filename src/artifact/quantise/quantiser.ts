import { HandfulError } from "../../base/errors.ts";
import { prefix, valueNamed } from "../../graph/cut.ts";
import { foldBatchNorm } from "../../graph/fold-batch-norm.ts";
import type { Graph } from "../../graph/graph.ts";
import type { GraphSessionOptions } from "../../runtime/graph-session.ts";
import { calibrate, CALIBRATIONS, type Calibration } from "./calibrate.ts";
import { equalise } from "./equalise.ts";
import { layersOf } from "./layers.ts";
import { noiseOf, totalOf, type Answers, type Noise } from "./noise.ts";
import { observe, runPictures, type Observation, type Pictures } from "./observe.ts";
import { pointsOf } from "./points.ts";
import { quantiseGraph, type Knowledge } from "./quantise-graph.ts";

/** One way of quantising, and the noise it adds on pictures that it was not calibrated on. */
export interface Way {
  readonly calibration: Calibration;
  readonly equalised: boolean;
  readonly noise: Noise;
}

/** A layer and the noise that it alone adds when it is quantised. */
export interface Sensitivity {
  readonly layer: string;
  readonly noise: Noise;
}

export interface QuantiserOptions extends Pick<GraphSessionOptions, "threads" | "domains"> {
  readonly calibration: Calibration | "auto";
  /** Pictures that ranges and means are taken from. */
  readonly seen: Pictures;
  /** Other pictures, on which ways and layers are compared by their noise. */
  readonly unseen: Pictures;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A model that can be written with any of its layers in 8 bits. */
export interface Quantiser {
  /** Names of the layers, in order. */
  readonly layers: readonly string[];
  readonly way: Way;
  /** All that were tried, the best first. */
  readonly ways: readonly Way[];
  /** The graph with all layers in 8 bits but those named. */
  build(floatLayers: ReadonlySet<string>): Graph;
  /** How much noise each layer adds alone, the worst first. */
  sensitivities(onProgress?: (done: number, total: number) => void): Promise<Sensitivity[]>;
}

const OUTPUTS = ["embedding", "probabilities"];

const answersOf = async (g: Graph, pictures: Pictures, options: GraphSessionOptions): Promise<Answers> => {
  const [embeddings, probabilities]: [Float32Array[], Float32Array[]] = [[], []];
  const part = prefix(
    g,
    OUTPUTS.map((name) => valueNamed(g, name)),
  );
  await runPictures(
    part,
    pictures,
    (outputs) => {
      embeddings.push(outputs.embedding!.data as Float32Array);
      probabilities.push(outputs.probabilities!.data as Float32Array);
    },
    options,
  );
  return { embeddings, probabilities };
};

const knowledgeOf = (seen: ReadonlyMap<string, Observation>, how: Calibration): Knowledge => ({
  ranges: new Map([...seen].map(([name, { histogram }]) => [name, calibrate(histogram, how)])),
  means: new Map([...seen].map(([name, { means }]) => [name, means])),
});

const copyOf = (g: Graph): Graph => prefix(g, g.outputs);

interface Variant {
  readonly graph: Graph;
  readonly equalised: boolean;
  readonly observed: ReadonlyMap<string, Observation>;
}

/** The graph with its normalisations folded, and with its layers equalised too where that is possible. */
const variantsOf = async (g: Graph, seen: Pictures, session: GraphSessionOptions): Promise<Variant[]> => {
  const watch = (graph: Graph): Promise<Map<string, Observation>> =>
    observe(
      graph,
      [...pointsOf(graph, new Set()).values].map((v) => v.name),
      seen,
      session,
    );
  const graph = copyOf(g);
  foldBatchNorm(graph);
  const observed = await watch(graph);
  const equal = copyOf(graph);
  const pairs = equalise(equal, new Map([...observed].map(([name, { peaks }]) => [name, peaks])));
  const plain = { graph, equalised: false, observed };
  return pairs > 0 ? [plain, { graph: equal, equalised: true, observed: await watch(equal) }] : [plain];
};

const checkQuantisable = (g: Graph): void => {
  if (g.nodes.some(({ op }) => op.type === "DequantizeLinear" || op.type.startsWith("QLinear")))
    throw new HandfulError("usage", "E_QUANTISED", "the model is quantised already", {
      hint: "Give the model that it was made from.",
    });
  if (layersOf(g).length === 0)
    throw new HandfulError("usage", "E_NOTHING_TO_QUANTISE", "the model has no convolution with float32 weights", {
      hint: "Only convolutions are quantised. The embedded backbone is stored in 8 bits already; for other networks store the weights in 16 bits: --float16.",
    });
};

/**
 * Prepares a model for 8 bits: folds BatchNormalization, watches the values of every layer while pictures pass, and
 * tries the calibrations, with and without cross-layer equalisation, of which the one with the least noise is taken.
 *
 * @param g  a whole model: `pixels` in, `embedding` and `probabilities` out; not changed
 * @throws HandfulError E_QUANTISED, E_NOTHING_TO_QUANTISE
 */
export const prepareQuantiser = async (g: Graph, options: QuantiserOptions): Promise<Quantiser> => {
  checkQuantisable(g);
  const { seen, unseen, calibration, onProgress, ...session } = options;
  const calibrations = calibration === "auto" ? CALIBRATIONS : [calibration];
  const variants = await variantsOf(g, seen, session);
  const wanted = await answersOf(g, unseen, session);
  const tried: (Way & { graph: Graph; knowledge: Knowledge })[] = [];
  for (const { graph, equalised, observed } of variants) {
    for (const how of calibrations) {
      const knowledge = knowledgeOf(observed, how);
      const got = await answersOf(quantiseGraph(graph, new Set(), knowledge), unseen, session);
      tried.push({ calibration: how, equalised, noise: noiseOf(wanted, got), graph, knowledge });
      onProgress?.(tried.length, variants.length * calibrations.length);
    }
  }
  tried.sort((a, b) => totalOf(a.noise) - totalOf(b.noise));
  const ways = tried.map(({ calibration: how, equalised, noise }) => ({ calibration: how, equalised, noise }));
  const { graph, knowledge } = tried[0]!;
  const layers = layersOf(graph).map(({ name }) => name);
  return {
    layers,
    way: ways[0]!,
    ways,
    build: (floatLayers) => quantiseGraph(graph, floatLayers, knowledge),
    sensitivities: async (onLayer) => {
      const found: Sensitivity[] = [];
      for (const layer of layers) {
        const others = new Set(layers.filter((name) => name !== layer));
        const got = await answersOf(quantiseGraph(graph, others, knowledge), unseen, session);
        found.push({ layer, noise: noiseOf(wanted, got) });
        onLayer?.(found.length, layers.length);
      }
      return found.sort((a, b) => totalOf(b.noise) - totalOf(a.noise));
    },
  };
};
