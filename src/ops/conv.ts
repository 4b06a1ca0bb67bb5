import { shapeError } from "../base/errors.ts";
import { sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import type { AttributesOf } from "./_shared.ts";
import {
  extentOf,
  splitPadding,
  windowAttributes,
  windowKinds,
  windowOf,
  type Window,
  type WindowAttributes,
} from "./_window.ts";
import { concat } from "./concat.ts";
import { matmul } from "./matmul.ts";
import { mul } from "./mul.ts";
import { pad } from "./pad.ts";
import { reduceSum } from "./reduce-sum.ts";
import { reshape } from "./reshape.ts";
import { reverse, slice } from "./slice.ts";
import { swapLastTwo, transpose } from "./transpose.ts";

type ConvAttributes = WindowAttributes & AttributesOf<{ group: number }>;
type TransposedAttributes = ConvAttributes &
  AttributesOf<{ output_padding: readonly number[]; output_shape: readonly number[] }>;

const convWindow = ({ inputs: [x, w], attributes }: Node<ConvAttributes>): Window => {
  const [sizes, kernel] = [shapeOf(x!).slice(2), shapeOf(w!).slice(2)];
  return windowOf("Conv", attributes, { kernel, sizes });
};

export const op: Op<ConvAttributes> = {
  type: "Conv",
  attributes: { ...windowKinds, group: "int" },
  infer: (node) => {
    const [x, w] = [shapeOf(node.inputs[0]!), shapeOf(node.inputs[1]!)];
    const { group = 1 } = node.attributes;
    if (x.length < 3 || x.length !== w.length || x[1] !== w[1]! * group || w[0]! % group !== 0)
      throw shapeError("Conv", `[n, ${group} c, …] and [${group} o, c, …]`, `[${x}] and [${w}]`);
    return [[x[0]!, w[0]!, ...convWindow(node).places]];
  },
  // y = w * x + b: dx is dy convolved with the flipped kernel, dw is x convolved with dy, db the sum of dy
  vjp: (g, node, [dy]) => {
    const [x, w, bias] = node.inputs;
    const { group = 1 } = node.attributes;
    const window = convWindow(node);
    return [
      inputGradient(g, { dy: dy!, w: w!, sizes: shapeOf(x!).slice(2), window, group }),
      weightGradient(g, { x: x!, dy: dy!, window, group }),
      bias ? channelSum(g, dy!) : null,
    ];
  },
};

/** Padding of a transposed convolution, which crops: from `pads`, or so that the output has the wanted size. */
const transposedWindow = ({ inputs: [x, w], attributes }: Node<TransposedAttributes>): Window & { out: number[] } => {
  const [places, kernel] = [shapeOf(x!).slice(2), shapeOf(w!).slice(2)];
  const none = kernel.map(() => 0);
  const { strides = kernel.map(() => 1), dilations = kernel.map(() => 1), auto_pad: auto = "NOTSET" } = attributes;
  const { output_padding = none, output_shape: wanted, pads = [...none, ...none] } = attributes;
  const extent = extentOf(kernel, dilations);
  const full = places.map((n, i) => (n - 1) * strides[i]! + extent[i]! + output_padding[i]!);
  const sizes = wanted ?? (auto.startsWith("SAME") ? places.map((n, i) => n * strides[i]!) : null);
  const crop = sizes && full.map((n, i) => Math.max(0, n - sizes[i]!));
  const { begin, end } = crop
    ? splitPadding(auto === "SAME_UPPER" ? auto : "SAME_LOWER", crop)
    : { begin: pads.slice(0, kernel.length), end: pads.slice(kernel.length) };
  const out = full.map((n, i) => n - begin[i]! - end[i]!);
  return { kernel, strides, dilations, begin, end, places, out };
};

/** ConvTranspose, the adjoint of Conv. */
export const adjoint: Op<TransposedAttributes> = {
  type: "ConvTranspose",
  attributes: { ...windowKinds, group: "int", output_padding: "ints", output_shape: "ints" },
  infer: (node) => {
    const [x, w] = [shapeOf(node.inputs[0]!), shapeOf(node.inputs[1]!)];
    if (x.length < 3 || x.length !== w.length || x[1] !== w[0])
      throw shapeError("ConvTranspose", "[n, c, …] and [c, o, …]", `[${x}] and [${w}]`);
    return [[x[0]!, w[1]! * (node.attributes.group ?? 1), ...transposedWindow(node).out]];
  },
  // the gradients of Conv with x and dy in each other's place
  vjp: (g, node, [dy]) => {
    const [x, w, bias] = node.inputs;
    const { group = 1 } = node.attributes;
    const { out, places, ...rest } = transposedWindow(node);
    // what output_padding added at the end takes no part
    const reach = extentOf(rest.kernel, rest.dilations).map((e, i) => (places[i]! - 1) * rest.strides[i]! + e);
    const end = reach.map((n, i) => n - out[i]! - rest.begin[i]!);
    const window = { ...rest, end, places };
    return [
      convolved(g, { x: dy!, w: w!, window, group }),
      weightGradient(g, { x: dy!, dy: x!, window, group }),
      bias ? channelSum(g, dy!) : null,
    ];
  },
};

/** x padded as the window says, cropped where that is negative. */
const padded = (g: Graph, x: Value, { begin, end }: Pick<Window, "begin" | "end">): Value =>
  [...begin, ...end].some((n) => n !== 0) ? pad(g, x, [0, 0, ...begin, 0, 0, ...end]) : x;

interface Convolved {
  readonly x: Value;
  readonly w: Value;
  readonly window: Omit<Window, "kernel" | "places">;
  readonly group: number;
}

/** The convolution that a window stands for, also where its padding is negative. */
const convolved = (g: Graph, { x, w, window, group }: Convolved): Value => {
  const { strides, dilations, begin, end } = window;
  const pads = [...begin, ...end];
  return pads.every((n) => n >= 0)
    ? conv(g, [x, w], { strides, dilations, pads, group })
    : conv(g, [padded(g, x, window), w], { strides, dilations, group });
};

/**
 * Sum over everything but axis 1: [n, c, …] -> [c]. Inner axes first: over twice as fast as all at once.
 * @internal
 */
export const channelSum = (g: Graph, x: Value): Value => {
  const inner = shapeOf(x).flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const rows = inner.length > 0 ? reduceSum(g, x, { axes: inner, keepdims: 0 }) : x;
  return reduceSum(g, rows, { axes: [0], keepdims: 0 });
};

interface InputGradient {
  readonly dy: Value;
  readonly w: Value;
  /** Spatial sizes of x. */
  readonly sizes: readonly number[];
  readonly window: Window;
  readonly group: number;
}

/**
 * What flows back through a convolution to its input.
 *
 * With stride 1 a convolution with the flipped kernel is the fastest form, otherwise ConvTranspose; interleaved
 * convolutions of the strides' phases are slower (docs/engine-performance.md).
 * @internal
 */
export const inputGradient = (g: Graph, { dy, w, sizes, window, group }: InputGradient): Value => {
  const { kernel, strides, dilations, begin, end, places } = window;
  const [before, after] = [begin, end].map((p) => kernel.map((k, i) => (k - 1) * dilations[i]! - p[i]!));
  if (strides.every((s) => s === 1) && [...before!, ...after!].every((n) => n >= 0))
    return conv(g, [dy, flipped(g, w, group)], { dilations, pads: [...before!, ...after!], group });
  const extent = extentOf(kernel, dilations);
  const reach = places.map((n, i) => (n - 1) * strides[i]! + extent[i]! - begin[i]! - end[i]!);
  const output_padding = sizes.map((n, i) => n - reach[i]!);
  return convTranspose(g, [dy, w], { ...windowAttributes(window), output_padding, group });
};

/** The kernel turned round, with input and output channels swapped in each group: [o, c, …] -> [group c, o / group, …]. */
const flipped = (g: Graph, w: Value, group: number): Value => {
  const [o, c, ...kernel] = shapeOf(w);
  const taps = sizeOf(kernel);
  const rows = reshape(g, w, [group, o! / group, c!, taps]);
  return reshape(g, transpose(g, taps > 1 ? reverse(g, rows, 3) : rows, [0, 2, 1, 3]), [
    c! * group,
    o! / group,
    ...kernel,
  ]);
};

interface WeightGradient {
  readonly x: Value;
  readonly dy: Value;
  readonly window: Window;
  readonly group: number;
}

/** Up to this many places a product over the whole batch beats one for each image. */
const FEW_PLACES = 256;

/**
 * What flows back to the kernel: dw[tap] = sum over images and places of dy · x at the tap. The form is chosen by
 * measurement, see docs/engine-performance.md.
 */
const weightGradient = (g: Graph, parts: WeightGradient): Value => {
  const { x, dy, window, group } = parts;
  const [c, o] = [shapeOf(x)[1]! / group, shapeOf(dy)[1]! / group];
  const [taps, places] = [sizeOf(window.kernel), sizeOf(window.places)];
  const strided = window.strides.some((s) => s > 1);
  const depthwise = c === 1 && o === 1;
  if (taps > places || (strided && c <= 4) || (depthwise && taps > 16)) return byConvolution(g, parts);
  if (depthwise) return byTaps(g, parts, (tap) => channelSum(g, mul(g, tap, dy)));
  return group === 1 && (strided || places <= FEW_PLACES) ? byWholeBatch(g, parts) : byImage(g, parts);
};

/** x at every tap of the window, in the kernel's order: of the shape of dy but for the channels. */
const tapsOf = (g: Graph, x: Value, window: Window, axis = 2): Value[] => {
  const { kernel, strides, dilations, places } = window;
  const axes = kernel.map((_, i) => axis + i);
  const steps = strides.some((s) => s > 1) ? { steps: strides } : {};
  let offsets: number[][] = [[]];
  kernel.forEach((k, i) => {
    offsets = offsets.flatMap((at) => Array.from({ length: k }, (_, tap) => [...at, tap * dilations[i]!]));
  });
  if (offsets.length === 1 && !("steps" in steps)) return [x];
  return offsets.map((starts) => {
    const ends = starts.map((start, i) => start + (places[i]! - 1) * strides[i]! + 1);
    return slice(g, x, { starts, ends, axes, ...steps });
  });
};

/** One [o, c] product for each tap, put together: [o, c, …kernel]. */
const byTaps = (g: Graph, { x, dy, window, group }: WeightGradient, product: (tap: Value) => Value): Value => {
  const [c, o] = [shapeOf(x)[1]! / group, shapeOf(dy)[1]!];
  const products = tapsOf(g, padded(g, x, window), window).map((tap) => reshape(g, product(tap), [o, c, 1]));
  return reshape(g, concat(g, products, 2), [o, c, ...window.kernel]);
};

/** A batched product dy xᵀ for each tap, summed over images. With few channels all taps go into one product. */
const byImage = (g: Graph, parts: WeightGradient): Value => {
  const { x, dy, window, group } = parts;
  const [n, c, o] = [shapeOf(x)[0]!, shapeOf(x)[1]! / group, shapeOf(dy)[1]! / group];
  const rows = reshape(g, dy, [n, group, o, -1]);
  const product = (columns: Value): Value =>
    reduceSum(g, matmul(g, rows, swapLastTwo(g, columns)), { axes: [0], keepdims: 0 });
  if (c > 8) return byTaps(g, parts, (tap) => product(reshape(g, tap, [n, group, c, -1])));
  const taps = tapsOf(g, padded(g, x, window), window).map((tap) => reshape(g, tap, [n, group, c, 1, -1]));
  const columns = reshape(g, concat(g, taps, 3), [n, group, c * taps.length, -1]);
  return reshape(g, product(columns), [o * group, c, ...window.kernel]);
};

/** One product [o, n places] x [n places, c] for each tap, with the channels of x moved last. */
const byWholeBatch = (g: Graph, { x, dy, window }: WeightGradient): Value => {
  const [o, c] = [shapeOf(dy)[1]!, shapeOf(x)[1]!];
  const rank = window.kernel.length;
  const spatial = Array.from({ length: rank }, (_, i) => i + 2);
  const rows = reshape(g, transpose(g, dy, [1, 0, ...spatial]), [o, -1]);
  const last = transpose(g, padded(g, x, window), [0, ...spatial, 1]);
  const products = tapsOf(g, last, window, 1).map((tap) =>
    reshape(g, matmul(g, rows, reshape(g, tap, [-1, c])), [o, c, 1]),
  );
  return reshape(g, concat(g, products, 2), [o, c, ...window.kernel]);
};

/**
 * A convolution of x with dy as the kernel, strides and dilations in each other's place, one group for each image and
 * group: no taps are cut out, so it wins where they are many or strided, and channels few.
 */
const byConvolution = (g: Graph, { x, dy, window, group }: WeightGradient): Value => {
  const [n, c, o] = [shapeOf(x)[0]!, shapeOf(x)[1]! / group, shapeOf(dy)[1]!];
  const { kernel, strides, dilations, places } = window;
  const sizes = shapeOf(x).slice(2);
  const split = reshape(g, x, [n, group, c, ...sizes]);
  const order = [2, 0, 1, ...sizes.map((_, i) => i + 3)];
  const images = reshape(g, c === 1 ? split : transpose(g, split, order), [c, n * group, ...sizes]);
  const swapped = { ...window, strides: dilations, dilations: strides };
  const w = reshape(g, dy, [n * o, 1, ...places]);
  const y = convolved(g, { x: images, w, window: swapped, group: n * group });
  const found = shapeOf(y).slice(2);
  const summed = reduceSum(g, reshape(g, y, [c, n, o, ...found]), { axes: [1], keepdims: 0 });
  const axes = kernel.map((_, i) => i + 2);
  const whole = found.every((k, i) => k === kernel[i]);
  const dw = whole ? summed : slice(g, summed, { starts: kernel.map(() => 0), ends: kernel, axes });
  return transpose(g, dw, [1, 0, ...axes]);
};

/**
 * Convolution over 1, 2 or 3 axes. x [n, group c, …], w [o, c, …kernel], bias [o] -> [n, o, …].
 * @param attributes  as in ONNX: strides, dilations, pads (all begins, then all ends), auto_pad, group
 */
export const conv = (
  g: Graph,
  [x, w, bias]: readonly [x: Value, w: Value, bias?: Value | null],
  attributes: ConvAttributes = {},
): Value => g.apply(op, bias ? [x, w, bias] : [x, w], attributes);

/** Transposed convolution, the adjoint of `conv`. x [n, c, …], w [c, o / group, …kernel], bias [o] -> [n, o, …]. */
export const convTranspose = (
  g: Graph,
  [x, w, bias]: readonly [x: Value, w: Value, bias?: Value | null],
  attributes: TransposedAttributes = {},
): Value => g.apply(adjoint, bias ? [x, w, bias] : [x, w], attributes);
