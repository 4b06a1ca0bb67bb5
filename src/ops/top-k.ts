import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, intsValue, positiveAxis, withSizes, type AttributesOf } from "./_shared.ts";
import { zeros } from "./expand.ts";
import { scatterElements } from "./scatter-elements.ts";

export const op: Op<AttributesOf<{ axis: number; largest: number; sorted: number }>> = {
  type: "TopK",
  attributes: { axis: "int", largest: "int", sorted: "int" },
  outputs: 2,
  infer: ({ inputs: [x, count], attributes: { axis = -1 } }) => {
    const [shape, k] = [shapeOf(x!), constantInts(count)?.[0]];
    const found = k === undefined ? null : withSizes(shape, new Map([[positiveAxis("TopK", axis, shape.length), k]]));
    return [found, found];
  },
  dtypes: ({ inputs: [x] }) => [x!.dtype, "int64"],
  // the values flow back to their places
  vjp: (g, { inputs: [x], attributes: { axis = -1 }, outputs: [, indices] }, [dy]) => [
    dy ? scatterElements(g, zeros(g, shapeOf(x!), x!.dtype), { indices: indices!, updates: dy, axis }) : null,
    null,
  ],
};

interface TopKOptions {
  readonly k: number;
  /** Default: the last one. */
  readonly axis?: number;
  /** 1 (default) for the largest, 0 for the smallest. */
  readonly largest?: 0 | 1;
}

/** The k largest (or smallest) elements along an axis, in order, and their places as int64. */
export const topK = (
  g: Graph,
  x: Value,
  { k, axis = -1, largest = 1 }: TopKOptions,
): readonly [values: Value, indices: Value] => {
  const [values, indices] = g.applyAll(op, [x, intsValue(g, [k], "k")], { axis, largest, sorted: 1 });
  return [values!, indices!];
};
