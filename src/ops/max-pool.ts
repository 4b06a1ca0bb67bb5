import { ints, sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import { constantInts, STEP_SLOPE, type AttributesOf } from "./_shared.ts";
import { tiles, windowKinds, windowOf, type Window, type WindowAttributes } from "./_window.ts";
import { averagePool } from "./average-pool.ts";
import { div } from "./div.ts";
import { zeros } from "./expand.ts";
import { gather } from "./gather.ts";
import { hardSigmoid } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";
import { enlarge } from "./resize.ts";
import { scatterElements } from "./scatter-elements.ts";
import { sub } from "./sub.ts";

type PoolAttributes = WindowAttributes & AttributesOf<{ ceil_mode: number; storage_order: number }>;

const poolWindow = ({ inputs: [x], attributes }: Node<PoolAttributes>): Window => {
  const { kernel_shape: kernel = [], ceil_mode: ceil } = attributes;
  return windowOf("MaxPool", attributes, { kernel, sizes: shapeOf(x!).slice(2), ceil });
};

export const op: Op<PoolAttributes> = {
  type: "MaxPool",
  attributes: { ...windowKinds, ceil_mode: "int", storage_order: "int" },
  infer: (node) => {
    const shape = [...shapeOf(node.inputs[0]!).slice(0, 2), ...poolWindow(node).places];
    return node.outputs.map(() => shape);
  },
  dtypes: ({ inputs: [x] }) => [x!.dtype, "int64"],
  vjp: (g, node, [dy]) => {
    if (!dy) return [null];
    const {
      inputs: [x],
      outputs: [y],
      attributes,
    } = node;
    const window = poolWindow(node);
    if (tiles(window, shapeOf(x!).slice(2))) return [sharedInWindow(g, { x: x!, y: y!, dy, window })];
    const [, indices] = g.applyAll(op, [x!], { ...attributes, storage_order: 0 }, 2);
    return [spreadByIndex(g, dy, indices!, shapeOf(x!))];
  },
};

interface Pooled {
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
  readonly window: Window;
}

/**
 * Windows that lie side by side: dy in equal parts to the elements that equal the maximum. Faster than indices.
 *
 * What is enlarged goes in plane by plane, [n c, 1, …]: with channels, ONNX Runtime would enlarge in a layout of its
 * own and bring the whole result back, which takes longer than the enlarging.
 */
const sharedInWindow = (g: Graph, { x, y, dy, window: { kernel, strides } }: Pooled): Value => {
  const enlarged = (v: Value): Value => {
    const [n, c, ...sizes] = shapeOf(v);
    return reshape(g, enlarge(g, reshape(g, v, [n! * c!, 1, ...sizes]), kernel), shapeOf(x));
  };
  const equal = hardSigmoid(g, sub(g, x, enlarged(y)), STEP_SLOPE, 1); // 1 where x - y = 0, else 0
  const count = mul(g, averagePool(g, equal, { kernel_shape: kernel, strides }), sizeOf(kernel));
  return mul(g, equal, enlarged(div(g, dy, count)));
};

/** `values` added up in zeros of `shape` at places counted through the whole tensor. */
const spreadByIndex = (g: Graph, values: Value, indices: Value, shape: readonly number[]): Value => {
  const flat = (v: Value): Value => reshape(g, v, [-1]);
  const options = { indices: flat(indices), updates: flat(values), axis: 0, reduction: "add" } as const;
  return reshape(g, scatterElements(g, zeros(g, [sizeOf(shape)], values.dtype), options), shape);
};

/** MaxUnpool, which puts each element where `MaxPool` found it. */
export const adjoint: Op<WindowAttributes> = {
  type: "MaxUnpool",
  attributes: windowKinds,
  infer: ({ inputs: [x, , sizes], attributes }) => {
    const [n, c, ...places] = shapeOf(x!);
    if (sizes) return [constantInts(sizes)];
    const {
      kernel_shape: kernel = [],
      strides = kernel.map(() => 1),
      pads = kernel.flatMap(() => [0, 0]),
    } = attributes;
    const rank = kernel.length;
    return [[n!, c!, ...places.map((p, i) => (p - 1) * strides[i]! + kernel[i]! - pads[i]! - pads[rank + i]!)]];
  },
  vjp: (g, { inputs: [, indices] }, [dy]) => [gather(g, reshape(g, dy!, [-1]), indices!), null, null],
};

/**
 * Largest element of each window. Attributes as in ONNX: kernel_shape, strides, pads, dilations, ceil_mode.
 *
 * Where windows lie side by side, equal largest elements share the gradient; otherwise the first one gets it.
 */
export const maxPool = (g: Graph, x: Value, attributes: PoolAttributes): Value => g.apply(op, [x], attributes);

/** The same, and where in x (counted through the whole tensor) each was found, int64. */
export const maxPoolWithIndices = (g: Graph, x: Value, attributes: PoolAttributes): [y: Value, indices: Value] => {
  const [y, indices] = g.applyAll(op, [x], attributes, 2);
  return [y!, indices!];
};

/** Elements put at indices (distinct, counted through the whole output) into zeros of `shape`. */
export const maxUnpool = (
  g: Graph,
  [x, indices]: readonly [x: Value, indices: Value],
  shape: readonly number[],
  attributes: WindowAttributes,
): Value => g.apply(adjoint, [x, indices, g.constant(ints(shape), "shape")], attributes);
