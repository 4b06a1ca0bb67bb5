import { numbersOf, tensorOf } from "../graph/dtype.ts";
import type { Graph, Op, Value } from "../graph/graph.ts";
import { coordinates, tensorAt } from "./_shared.ts";

export const op: Op<null> = {
  type: "NonZero",
  infer: () => [null],
  dtypes: () => ["int64"],
  vjp: "none",
  fold: (node) => {
    const x = tensorAt(node, 0);
    const places = numbersOf(x).flatMap((n, flat) => (n === 0 ? [] : [coordinates(flat, x.shape)]));
    return tensorOf(
      "int64",
      [x.shape.length, places.length],
      x.shape.flatMap((_, axis) => places.map((at) => at[axis]!)),
    );
  },
};

/** The places of elements other than 0: int64 [rank, count], the count hanging on the data. */
export const nonZero = (g: Graph, x: Value): Value => g.apply(op, [x], null);
