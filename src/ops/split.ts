import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import { constantInts, intsValue, positiveAxis, withSizes, type AttributesOf } from "./_shared.ts";
import { concat } from "./concat.ts";
import { zeros } from "./expand.ts";

type SplitAttributes = AttributesOf<{ axis: number; num_outputs: number }>;

/** Sizes of the parts along an axis of size n; equal parts (the last one smaller) when they are not given. */
const sizesOf = ({ inputs: [, sizes], outputs }: Node<SplitAttributes>, n: number): number[] | null => {
  if (sizes) return constantInts(sizes);
  const part = Math.ceil(n / outputs.length);
  return outputs.map((_, i) => Math.min(part, n - i * part));
};

export const op: Op<SplitAttributes> = {
  type: "Split",
  attributes: { axis: "int", num_outputs: "int" },
  infer: (node) => {
    const shape = shapeOf(node.inputs[0]!);
    const axis = positiveAxis("Split", node.attributes.axis ?? 0, shape.length);
    const sizes = sizesOf(node, shape[axis]!);
    if (!sizes) return node.outputs.map(() => null);
    if (sizes.reduce((a, b) => a + b, 0) !== shape[axis])
      throw shapeError("Split", `sizes that add up to ${shape[axis]}`, `[${sizes}]`);
    return sizes.map((size) => withSizes(shape, new Map([[axis, size]])));
  },
  dtypes: ({ inputs: [x], outputs }) => outputs.map(() => x!.dtype),
  vjp: (g, { inputs: [x], outputs, attributes: { axis = 0 } }, dys) => {
    const parts = outputs.map((y, i) => dys[i] ?? zeros(g, shapeOf(y), x!.dtype));
    return [concat(g, parts, axis), null];
  },
};

/** x cut along `axis` into parts of the given sizes. */
export const split = (g: Graph, x: Value, sizes: readonly number[], axis = 0): Value[] =>
  g.applyAll(op, [x, intsValue(g, sizes, "sizes")], { axis }, sizes.length);
