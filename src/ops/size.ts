import { ints, sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";

export const op: Op<null> = {
  type: "Size",
  infer: () => [[]],
  dtypes: () => ["int64"],
  vjp: "none",
  fold: ({ inputs: [x] }) => ints([sizeOf(shapeOf(x!))], []),
  reads: "shape",
};

/** The number of elements of x as an int64 scalar. */
export const size = (g: Graph, x: Value): Value => g.apply(op, [x], null);
