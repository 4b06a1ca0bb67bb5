import { ints, sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, isValue, positiveAxis, rearrange, tensorAt, type AttributesOf } from "./_shared.ts";
import { zeros } from "./expand.ts";
import { reshape } from "./reshape.ts";
import { scatterNd } from "./scatter-nd.ts";
import { transpose } from "./transpose.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "Gather",
  attributes: { axis: "int" },
  infer: ({ inputs: [x, indices], attributes: { axis = 0 } }) => {
    const shape = shapeOf(x!);
    return [shape.toSpliced(positiveAxis("Gather", axis, shape.length), 1, ...shapeOf(indices!))];
  },
  // the slices of dy are added up in zeros, with the gathered axis moved to the front and back
  vjp: (g, { inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => {
    const [shape, picked] = [shapeOf(x!), shapeOf(indices!)];
    const at = positiveAxis("Gather", axis, shape.length);
    const moved = [shape[at]!, ...shape.toSpliced(at, 1)];
    const order = shapeOf(dy!).map((_, i) => i);
    const front = [...order.slice(at, at + picked.length), ...order.toSpliced(at, picked.length)];
    const rows = reshape(g, at === 0 ? dy! : transpose(g, dy!, front), [sizeOf(picked), ...moved.slice(1)]);
    const sum = scatterNd(g, zeros(g, moved, x!.dtype), {
      indices: reshape(g, indices!, [sizeOf(picked), 1]),
      updates: rows,
      reduction: "add",
    });
    const back = shape.map((_, i) => (i < at ? i + 1 : i === at ? 0 : i));
    return [at === 0 ? sum : transpose(g, sum, back), null];
  },
  fold: (node) => {
    const x = tensorAt(node, 0);
    const indices = node.inputs[1]!.constant!;
    const axis = positiveAxis("Gather", node.attributes.axis ?? 0, x.shape.length);
    const numbers = constantInts(node.inputs[1])!;
    return rearrange(x, shapeOf(node.outputs[0]!), (at) => {
      const inner = at.slice(axis, axis + indices.shape.length);
      const index = numbers[inner.reduce((offset, i, k) => offset * indices.shape[k]! + i, 0)]!;
      const tail = at.slice(axis + indices.shape.length);
      return [...at.slice(0, axis), index < 0 ? index + x.shape[axis]! : index, ...tail];
    });
  },
};

/** Slices of x along `axis` at the given indices; a single number takes the axis away. */
export const gather = (g: Graph, x: Value, indices: Value | number | readonly number[], axis = 0): Value => {
  const list = isValue(indices)
    ? indices
    : g.constant(typeof indices === "number" ? ints([indices], []) : ints(indices), "indices");
  return g.apply(op, [x, list], { axis });
};
