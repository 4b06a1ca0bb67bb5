import { ints } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import type { AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ start: number; end: number }>> = {
  type: "Shape",
  attributes: { start: "int", end: "int" },
  infer: ({ inputs: [x], attributes: { start, end } }) => [[shapeOf(x!).slice(start, end).length]],
  dtypes: () => ["int64"],
  vjp: "none",
  fold: ({ inputs: [x], attributes: { start, end } }) => ints(shapeOf(x!).slice(start, end)),
  reads: "shape",
};

/** The sizes of x as an int64 vector. */
export const shape = (g: Graph, x: Value): Value => g.apply(op, [x], {});
