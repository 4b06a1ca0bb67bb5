import { artifactError } from "../base/errors.ts";
import { inputShape, type Preprocess } from "../base/preprocess.ts";
import { floats } from "../graph/dtype.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { prune } from "../graph/prune.ts";
import { abs } from "../ops/abs.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { concat } from "../ops/concat.ts";
import { div } from "../ops/div.ts";
import { gather } from "../ops/gather.ts";
import { max } from "../ops/max.ts";
import { mul } from "../ops/mul.ts";
import { reduceMean } from "../ops/reduce-mean.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { sign } from "../ops/sign.ts";
import { sqrt } from "../ops/sqrt.ts";
import { sub } from "../ops/sub.ts";
import { transpose } from "../ops/transpose.ts";
import { normaliseVolume } from "./normalise-volume.ts";
import { volumeInput } from "./volume-input.ts";

/** Keeps an all-zero part from being divided by zero. */
const TINY = 1e-12;

/** The image input of a network, and how its axes lie. */
export interface ImageInput {
  readonly value: Value;
  readonly layout: "nchw" | "nhwc";
  /** Declared height and width; null where open. */
  readonly height: number | null;
  readonly width: number | null;
  /** Declared batch size; null where open. */
  readonly batch: number | null;
}

const sizeOrOpen = (dim: number | string | undefined): number | null => (typeof dim === "number" ? dim : null);

/**
 * The image input of a network: its only input, four axes, three channels first or last.
 *
 * @throws artifactError E_MODEL_INPUT for any other signature
 */
export const imageInput = (graph: Graph): ImageInput => {
  const [value, ...others] = graph.inputs;
  const dims = value?.dims;
  const signature = graph.inputs.map((v) => `${v.name} ${v.dtype} [${v.dims ?? "?"}]`).join(", ") || "none";
  const layout =
    dims?.length !== 4
      ? null
      : dims[1] === 3
        ? "nchw"
        : dims[3] === 3
          ? "nhwc"
          : typeof dims[1] === "string"
            ? "nchw"
            : null;
  if (!value || others.length > 0 || value.dtype !== "float32" || !dims || !layout)
    throw artifactError(
      "E_MODEL_INPUT",
      `a backbone takes one float32 image [n, 3, h, w] or [n, h, w, 3]; this model takes ${signature}`,
      {
        hint: "Export the image encoder alone, in float32.",
      },
    );
  const [height, width] = layout === "nchw" ? [dims[2], dims[3]] : [dims[1], dims[2]];
  return { value, layout, height: sizeOrOpen(height), width: sizeOrOpen(width), batch: sizeOrOpen(dims[0]) };
};

/** `(pixel / 255 - mean) / std` on RGB of 0 to 255, [n, h, w, 3] -> float32 in the network's layout and channel order. */
export const normalise = (g: Graph, pixels: Value, preprocess: Preprocess, layout: "nchw" | "nhwc"): Value => {
  const { mean, std, channels } = preprocess;
  const axes = layout === "nchw" ? [1, 3, 1, 1] : [3];
  let x = layout === "nchw" ? transpose(g, pixels, [0, 3, 1, 2]) : pixels;
  if (channels === "BGR") x = gather(g, x, [2, 1, 0], layout === "nchw" ? 1 : 3);
  const scale = floats(
    axes,
    std.map((s) => 1 / (255 * s)),
  );
  const shift = floats(
    axes,
    mean.map((m, c) => -m / std[c]!),
  );
  return add(g, mul(g, cast(g, x, "float32"), g.constant(scale, "scale")), g.constant(shift, "shift"));
};

/** A value of rank 2 [n, d], 3 [n, tokens, d], or 4 and 5, [n, d, …places], as one vector an image. */
const pooled = (g: Graph, value: Value, rank: number): Value => {
  if (rank === 2) return value;
  if (rank === 3) return gather(g, value, 0, 1);
  return reduceMean(g, value, { axes: rank === 5 ? [2, 3, 4] : [2, 3], keepdims: 0 });
};

/** What of a network goes into the embedding. */
export interface EmbedderParts {
  readonly feature: Value;
  /** Number of axes of the feature as it comes out of a run: 2, 3 (the first token is taken), 4 or 5 (averaged). */
  readonly rank: number;
  /** Maps [n, d, h, w] from the middle, of which the mean and the deviation over the map are taken. */
  readonly taps: readonly Value[];
}

/** Mean and standard deviation of a map over its cells: [n, d] each. */
const meanAndDeviation = (g: Graph, map: Value): Value[] => {
  const over = { axes: [2, 3], keepdims: 0 } as const;
  const mean = reduceMean(g, map, over);
  const variance = sub(g, reduceMean(g, mul(g, map, map), over), mul(g, mean, mean));
  return [mean, sqrt(g, max(g, variance, 0))];
};

/**
 * Several parts as one vector: of each entry the root that keeps its sign (so that few strong channels do not drown
 * the many), each part scaled to length 1, side by side.
 *
 * @see Perronnin et al. 2010, section 3, for the root. https://doi.org/10.1007/978-3-642-15561-1_11
 */
const joined = (g: Graph, vectors: readonly Value[]): Value => {
  const rooted = vectors.map((x) => {
    const root = mul(g, sign(g, x), sqrt(g, abs(g, x)));
    const length = sqrt(g, reduceSum(g, mul(g, root, root), { axes: [1] }));
    return div(g, root, max(g, length, TINY));
  });
  return concat(g, rooted, 1);
};

/**
 * Turns a network into an embedder: input `pixels` uint8, RGB [n, height, width, 3] or levels of volumes
 * [n, depth, height, width, 1], output `embedding` float32 [n, dim].
 *
 * Normalisation goes inside; the classifier is dropped. Without taps the feature is taken as it is; with them all are
 * rooted, scaled and joined. Changes `graph` itself.
 */
export const buildEmbedder = (graph: Graph, { feature, rank, taps }: EmbedderParts, preprocess: Preprocess): Graph => {
  const input = volumeInput(graph) ?? imageInput(graph);
  const { value: image, batch } = input;
  const old = graph.nodes;
  graph.nodes = [];
  graph.inputs.length = 0;
  const pixels = graph.input("pixels", "uint8", [batch ?? "n", ...inputShape(preprocess)]);
  const ready =
    input.layout === "ncdhw" ? normaliseVolume(graph, pixels) : normalise(graph, pixels, preprocess, input.layout);
  graph.nodes.push(...old);
  for (const node of old) node.inputs = node.inputs.map((v) => (v === image ? ready : v));
  graph.outputs.length = 0;
  const vectors = [pooled(graph, feature, rank), ...taps.flatMap((tap) => meanAndDeviation(graph, tap))];
  graph.output(vectors.length === 1 ? vectors[0]! : joined(graph, vectors), "embedding", [batch ?? "n", "dim"]);
  prune(graph);
  return graph;
};
