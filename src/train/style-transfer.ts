import { HandfulError } from "../base/errors.ts";
import type { Pixels, Preprocess } from "../base/preprocess.ts";
import { prefix, valueNamed } from "../graph/cut.ts";
import { floats, sizeOf, type Tensor } from "../graph/dtype.ts";
import { graft } from "../graph/graft.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { specialise } from "../graph/specialise.ts";
import { imageInput, normalise } from "../nn/embedder.ts";
import { findStyleLayers } from "../nn/find-style-layers.ts";
import { gramMatrix } from "../nn/losses/gram-matrix.ts";
import { relativeError } from "../nn/losses/relative-error.ts";
import { totalVariation } from "../nn/losses/total-variation.ts";
import { add } from "../ops/add.ts";
import { div } from "../ops/div.ts";
import { mul } from "../ops/mul.ts";
import { reshape } from "../ops/reshape.ts";
import { openGraph, type GraphSessionOptions } from "../runtime/graph-session.ts";
import { adamw } from "./optimisers/adamw.ts";
import { withinBounds } from "./optimisers/within-bounds.ts";
import { openStepper, type Batch, type Stepper } from "./step.ts";

export interface StyleTransferSettings {
  /** Steps of the optimiser, 1 or more. */
  readonly steps: number;
  /** Levels of 255 that a pixel moves at most in an early step. */
  readonly rate: number;
  /** Weights of the losses; the paper's α and β, and that of roughness. */
  readonly content: number;
  readonly style: number;
  readonly variation: number;
}

export const styleTransferDefaults: StyleTransferSettings = {
  steps: 200,
  rate: 4,
  content: 1,
  style: 4,
  variation: 60,
};

export interface StyleTransferOptions {
  /** Image network [n, 3, h, w], its normalisation outside. */
  readonly network: Graph;
  readonly domains?: Readonly<Record<string, number>>;
  /** How pixels become the network's input; its size is that of the pictures. */
  readonly preprocess: Preprocess;
  readonly settings?: Partial<StyleTransferSettings>;
  readonly threads?: number;
}

export interface Styled {
  readonly pixels: Pixels;
  /** Weighted sum of the losses before each step. */
  readonly losses: readonly number[];
}

/** A network that paints photos in the style of pictures, one after the other. Must be closed. */
export interface StyleTransfer {
  /** Names of the layers compared. */
  readonly layers: { readonly content: string; readonly style: readonly string[] };
  /** Pictures of the network's size, RGB bytes [height, width, 3]. */
  transfer(pictures: {
    readonly content: Uint8Array;
    readonly style: Uint8Array;
    readonly signal?: AbortSignal;
    readonly onStep?: (step: number) => void;
  }): Promise<Styled>;
  close(): Promise<void>;
}

/** The picture that is painted: the only parameter. */
const IMAGE = "image";
const CONTENT = "content";

/** What pictures are compared by: the content map first, then a Gram matrix for each style layer. */
interface Looks {
  readonly graph: Graph;
  readonly image: Value;
  readonly content: Value;
  readonly grams: readonly Value[];
}

const specialised = ({ network, preprocess: { height, width } }: StyleTransferOptions): Graph => {
  const { value, layout, batch } = imageInput(network);
  if (layout !== "nchw" || (batch ?? 1) !== 1)
    throw new HandfulError("usage", "E_MODEL_STYLE", `style transfer: wanted a network that takes [1, 3, h, w]`, {
      hint: "Take another --backbone, such as mobilenet-v2, or --fast, which needs none.",
    });
  return specialise(network, { [value.name]: [1, 3, height, width] });
};

/** The network from pixels (float32, 0 to 255) to what pictures are compared by. */
const buildLooks = (part: Graph, names: StyleTransfer["layers"], preprocess: Preprocess): Looks => {
  const graph = new Graph("style-transfer");
  const image = graph.input(IMAGE, "float32", [1, preprocess.height, preprocess.width, 3]);
  const bind = new Map<Value, Value>([[part.inputs[0]!, normalise(graph, image, preprocess, "nchw")]]);
  graft(graph, part, bind);
  const mapOf = (name: string): Value => bind.get(valueNamed(part, name))!;
  const grams = names.style.map((name) => gramMatrix(graph, mapOf(name)));
  return { graph, image, content: mapOf(names.content), grams };
};

const gramName = (i: number): string => `style/${i}`;

/**
 * L = α content + β mean of style layers + γ roughness; targets are inputs, so that one graph does for all pictures.
 *
 * Differs from the paper: each part is relative to its target (`relativeError`), since layers of unlike networks have
 * unlike scales.
 */
const totalLoss = ({ graph: g, image, content, grams }: Looks, settings: StyleTransferSettings): Value => {
  const target = (name: string, { shape }: Value): Value => g.input(name, "float32", shape);
  const style = grams
    .map((gram, i) => relativeError(g, gram, target(gramName(i), gram)))
    .reduce((a, b) => add(g, a, b));
  const shares = [
    mul(g, relativeError(g, content, target(CONTENT, content)), settings.content),
    mul(g, style, settings.style / grams.length),
    mul(g, totalVariation(g, div(g, image, 255)), settings.variation),
  ];
  return shares.map((share) => reshape(g, share, [1])).reduce((a, b) => add(g, a, b));
};

const imageTensor = ({ height, width }: Preprocess, bytes: Uint8Array): Tensor =>
  floats([1, height, width, 3], Float32Array.from(bytes));

const zeros = ({ shape }: Tensor): Tensor => floats(shape, new Float32Array(sizeOf(shape)));

const toBytes = ({ data }: Tensor): Uint8Array => Uint8Array.from(data as Float32Array, (v) => Math.round(v));

/** What is asked for, with the network cut down to what pictures are compared by. */
interface Studio {
  readonly part: Graph;
  readonly layers: StyleTransfer["layers"];
  readonly preprocess: Preprocess;
  readonly session: GraphSessionOptions;
}

/** Looks at pictures: gives the targets that they set, as a batch. */
const openObserver = async ({ part, layers, preprocess, session }: Studio) => {
  const { graph, content, grams } = buildLooks(part, layers, preprocess);
  graph.outputs.push(content, ...grams);
  const seen = await openGraph(graph, session);
  const names = grams.map((v) => v.name);
  return {
    targets: async (photo: Tensor, style: Tensor): Promise<Batch> => {
      const ofPhoto = await seen.run({ [IMAGE]: photo }, [content.name]);
      const ofStyle = await seen.run({ [IMAGE]: style }, names);
      const targets = names.map((name, i) => [gramName(i), ofStyle[name]!] as const);
      return { feeds: { [CONTENT]: ofPhoto[content.name]!, ...Object.fromEntries(targets) }, names: ["the picture"] };
    },
    close: () => seen.close(),
  };
};

/** The training graph whose one parameter is the picture. */
const openBrush = (
  { part, layers, preprocess, session }: Studio,
  settings: StyleTransferSettings,
): Promise<Stepper> => {
  const looks = buildLooks(part, layers, preprocess);
  const tensor = imageTensor(preprocess, new Uint8Array(preprocess.height * preprocess.width * 3));
  const parameters = [{ name: IMAGE, tensor, group: IMAGE, decay: false, trainable: true }];
  const optimiser = withinBounds(adamw({ weightDecay: 0 }), [0, 255]);
  const trainable = { graph: looks.graph, losses: totalLoss(looks, settings), parameters };
  return openStepper(trainable, { optimiser, clipNorm: null, ...session });
};

/** Puts a picture where the last one was, and the optimiser at its beginning. */
const begin = (brush: Stepper, image: Tensor): void => {
  const entries = Object.keys(brush.snapshot().tensors).map((name) => [name, name === IMAGE ? image : zeros(image)]);
  brush.restore({ steps: 0, tensors: Object.fromEntries(entries) as Record<string, Tensor> });
};

/**
 * Opens neural style transfer: the picture is the parameter of a training graph, and moves until the network sees in it
 * what it sees in the photo (content map) with the texture that it sees in the style picture (Gram matrices).
 *
 * Starts from the photo, with Adam where the paper has L-BFGS.
 * @throws HandfulError E_MODEL_STYLE when the network has no maps to compare by
 * @see Gatys, Ecker and Bethge 2016, eq. 1 to 7. https://doi.org/10.1109/CVPR.2016.265
 */
export const openStyleTransfer = async (options: StyleTransferOptions): Promise<StyleTransfer> => {
  const { preprocess, domains = {}, threads } = options;
  const settings = { ...styleTransferDefaults, ...options.settings };
  const whole = specialised(options);
  const found = findStyleLayers(whole);
  const layers = { content: found.content.name, style: found.style.map((v) => v.name) };
  const part = prefix(whole, [...new Set([found.content, ...found.style])]);
  const studio = { part, layers, preprocess, session: { domains, ...(threads !== undefined && { threads }) } };
  const [observer, brush] = [await openObserver(studio), await openBrush(studio, settings)];
  return {
    layers,
    transfer: async ({ content, style, signal, onStep }) => {
      const image = imageTensor(preprocess, content);
      const batch = await observer.targets(image, imageTensor(preprocess, style));
      begin(brush, image);
      const losses: number[] = [];
      while (losses.length < settings.steps) {
        signal?.throwIfAborted();
        losses.push((await brush.run(batch, { [IMAGE]: settings.rate })).loss);
        onStep?.(losses.length);
      }
      const { width, height } = preprocess;
      return { pixels: { width, height, data: toBytes(brush.weights()[IMAGE]!) }, losses };
    },
    close: async () => {
      await observer.close();
      await brush.close();
    },
  };
};
