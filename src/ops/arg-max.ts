import type { Graph, Op, Value } from "../graph/graph.ts";
import { shapeOf } from "../graph/graph.ts";
import { positiveAxis, type AttributesOf } from "./_shared.ts";

export type ArgAttributes = AttributesOf<{ axis: number; keepdims: number; select_last_index: number }>;

/** The place of an extreme along an axis. */
export const argExtreme = (type: string): Op<ArgAttributes> => ({
  type,
  attributes: { axis: "int", keepdims: "int", select_last_index: "int" },
  infer: ({ inputs: [x], attributes: { axis = 0, keepdims = 1 } }) => {
    const shape = shapeOf(x!);
    return [shape.toSpliced(positiveAxis(type, axis, shape.length), 1, ...(keepdims ? [1] : []))];
  },
  dtypes: () => ["int64"],
  vjp: "none",
});

export const op = argExtreme("ArgMax");

/** The place of the largest element along `axis`, as int64; the first of equal ones. The axis is kept as size 1 unless `keepdims` is 0. */
export const argMax = (g: Graph, x: Value, axis: number, keepdims: 0 | 1 = 1): Value =>
  g.apply(op, [x], { axis, keepdims });
