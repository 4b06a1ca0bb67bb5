import { artifactError } from "../base/errors.ts";
import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import { isActivation } from "./find-taps.ts";

/** Layers by which pictures are compared. */
export interface StyleLayers {
  /** Map that says what is where, [n, c, h, w]. */
  readonly content: Value;
  /** Maps whose channels say of what texture it is, from fine to coarse. */
  readonly style: readonly Value[];
}

/** Coarsest stride that shows as texture: the paper's conv5_1. */
const COARSEST_STYLE = 16;
/** Stride at which things keep their shape while strokes may move: the paper's conv4_2. */
const CONTENT_STRIDE = 8;

/**
 * Layers for style transfer in any convolutional network: for style the last activation at each resolution down to a
 * sixteenth of the picture, for content the one nearest to an eighth.
 *
 * @param graph  of layout [n, 3, h, w], with shapes known (`specialise`)
 * @throws artifactError E_MODEL_STYLE when it has no such maps, as transformers
 */
export const findStyleLayers = (graph: Graph): StyleLayers => {
  const height = graph.inputs[0]?.shape?.[2] ?? 0;
  const byHeight = new Map<number, Value>();
  for (const node of graph.nodes) {
    const value = node.outputs[0];
    const h = value?.shape?.length === 4 ? value.shape[2]! : 0;
    if (value && h > 1 && height / h < COARSEST_STYLE * Math.SQRT2 && isActivation(node)) byHeight.set(h, value);
  }
  const style = [...byHeight.values()];
  const distance = (v: Value): number => Math.abs(Math.log2(height / shapeOf(v)[2]! / CONTENT_STRIDE));
  const [content] = [...style].sort((a, b) => distance(a) - distance(b));
  if (!content || style.length < 2)
    throw artifactError(
      "E_MODEL_STYLE",
      `style transfer: wanted a convolutional network with activations at two resolutions or more, got ${style.length}`,
      { hint: "Take another --backbone, such as mobilenet-v2, or --fast, which needs none." },
    );
  return { content, style };
};
