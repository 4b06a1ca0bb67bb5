import { createRandom } from "../base/random.ts";
import { sizeOf, type Tensor } from "../graph/dtype.ts";
import { shapeOf, type Graph } from "../graph/graph.ts";
import { openGraph, type GraphSessionOptions } from "../runtime/graph-session.ts";
import { buildCamGraph, buildProbe, traceModel, type Traced } from "./cam-graph.ts";
import type { Cam } from "./cam.ts";
import type { HeatMap } from "./heat-map.ts";

/** Says what in a picture speaks for a class. Must be closed. */
export interface Explainer {
  /** For people: which values of the network the map is read off. */
  readonly found: string;
  /**
   * @param pixels  preprocessed picture, uint8 RGB [height, width, 3]
   * @param target  index of the class
   */
  explain(pixels: Uint8Array, target: number): Promise<HeatMap>;
  close(): Promise<void>;
}

/** Token lists that are tried, from the last back: after the last attention there are but a few. */
const MOST_LISTS = 6;

const feedsOf = (graph: Graph, pixels: Uint8Array, target: number): Record<string, Tensor> => {
  const [picture, classes] = graph.inputs;
  const hot = new Float32Array(sizeOf(shapeOf(classes!)));
  hot[target] = 1;
  return {
    [picture!.name]: { dtype: "uint8", shape: shapeOf(picture!), data: pixels },
    [classes!.name]: { dtype: "float32", shape: shapeOf(classes!), data: hot },
  };
};

/** The last token list of which tokens other than the class token move the score, found by a picture of noise. */
const lastTelling = async (model: Graph, lists: number, options: GraphSessionOptions): Promise<number> => {
  const traced = traceModel(model);
  const graph = buildProbe({ ...traced, places: traced.places.slice(0, lists) });
  const random = createRandom("explain");
  const noise = Uint8Array.from({ length: sizeOf(shapeOf(graph.inputs[0]!)) }, () => random.integer(256));
  const session = await openGraph(graph, options);
  try {
    const slopes = await session.run(feedsOf(graph, noise, 0));
    const found = graph.outputs.findIndex(({ name }) => (slopes[name]!.data as Float32Array)[0]! > 0);
    return Math.max(found, 0);
  } finally {
    await session.close();
  }
};

const choosePlaces = async (model: Graph, options: GraphSessionOptions): Promise<Traced> => {
  const traced = traceModel(model);
  const { places } = traced;
  if (places[0]!.kind === "map" || places.length === 1) return traced;
  const at = await lastTelling(model, Math.min(places.length, MOST_LISTS), options);
  return { ...traced, places: places.slice(at, at + 1) };
};

/**
 * Opens a model to be asked why: one graph of the model's own operators and their gradients, which ONNX Runtime runs.
 *
 * @param model  as it was imported from the file; it is not changed
 * @throws artifactError E_EXPLAIN_PLACES when no value of the network is a map or token list
 * @throws HandfulError E_NO_GRADIENT when an operator behind it has no gradient
 */
export const openExplainer = async (
  model: Graph,
  { cam, ...options }: GraphSessionOptions & { readonly cam: Cam },
): Promise<Explainer> => {
  const traced = await choosePlaces(model, options);
  const found = traced.places.map(({ value }) => `${value.name} [${shapeOf(value).join(", ")}]`).join(" and ");
  const graph = buildCamGraph(traced, cam);
  const session = await openGraph(graph, options);
  return {
    found,
    explain: async (pixels, target) => {
      const { map } = await session.run(feedsOf(graph, pixels, target));
      const [height, width] = map!.shape as [number, number];
      return { width, height, data: Float32Array.from(map!.data as Float32Array) };
    },
    close: () => session.close(),
  };
};
