import { floats, sizeOf, tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import { coordinates, type AttributesOf } from "./_shared.ts";
import { extentOf, tiles, windowKinds, windowOf, type Window, type WindowAttributes } from "./_window.ts";
import { inputGradient } from "./conv.ts";
import { mul } from "./mul.ts";
import { enlarge } from "./resize.ts";

type PoolAttributes = WindowAttributes & AttributesOf<{ ceil_mode: number; count_include_pad: number }>;

const poolWindow = ({ inputs: [x], attributes }: Node<PoolAttributes>): Window => {
  const { kernel_shape: kernel = [], ceil_mode: ceil } = attributes;
  return windowOf("AveragePool", attributes, { kernel, sizes: shapeOf(x!).slice(2), ceil });
};

export const op: Op<PoolAttributes> = {
  type: "AveragePool",
  attributes: { ...windowKinds, ceil_mode: "int", count_include_pad: "int" },
  infer: (node) => [[...shapeOf(node.inputs[0]!).slice(0, 2), ...poolWindow(node).places]],
  // dy / count goes to everything under its window
  vjp: (g, node, [dy]) => {
    const [, c, ...sizes] = shapeOf(node.inputs[0]!);
    const window = poolWindow(node);
    const share = mul(g, dy!, inverseCounts(g, window, { sizes, padded: node.attributes.count_include_pad === 1 }));
    if (tiles(window, sizes)) return [enlarge(g, share, window.kernel)];
    const ones = new Float32Array(c! * sizeOf(window.kernel)).fill(1);
    const w = g.constant(floats([c!, 1, ...window.kernel], ones), "ones");
    // with ceil_mode the last window may reach further than the padding
    const last = extentOf(window.kernel, window.dilations).map(
      (e, i) => (window.places[i]! - 1) * window.strides[i]! + e,
    );
    const end = window.end.map((n, i) => Math.max(n, last[i]! - sizes[i]! - window.begin[i]!));
    return [inputGradient(g, { dy: share, w, sizes, window: { ...window, end }, group: c! })];
  },
};

/** One over the number of elements that each place averages, those of the padding included or not. */
const inverseCounts = (
  g: Graph,
  { kernel, strides, dilations, begin, end, places }: Window,
  { sizes, padded }: { sizes: readonly number[]; padded: boolean },
): Value => {
  const counts = places.map((n, i) =>
    Array.from({ length: n }, (_, place) => {
      const [low, high] = padded ? [-begin[i]!, sizes[i]! + end[i]!] : [0, sizes[i]!];
      const at = Array.from({ length: kernel[i]! }, (_, tap) => place * strides[i]! - begin[i]! + tap * dilations[i]!);
      return at.filter((x) => x >= low && x < high).length;
    }),
  );
  const inverse = (flat: number): number =>
    1 / coordinates(flat, places).reduce((product, at, i) => product * counts[i]![at]!, 1);
  const numbers = Array.from({ length: sizeOf(places) }, (_, flat) => inverse(flat));
  const uniform = numbers.every((n) => n === numbers[0]);
  return g.constant(uniform ? tensorOf("float32", [], [numbers[0]!]) : tensorOf("float32", places, numbers), "share");
};

/** Means over windows. Attributes as in ONNX: kernel_shape, strides, pads, ceil_mode, count_include_pad. */
export const averagePool = (g: Graph, x: Value, attributes: PoolAttributes): Value => g.apply(op, [x], attributes);
