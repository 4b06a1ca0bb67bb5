import type { Graph, Op, Value } from "../graph/graph.ts";
import { ints } from "../graph/dtype.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";

type CumSumAttributes = AttributesOf<{ exclusive: number; reverse: number }>;

export const op: Op<CumSumAttributes> = {
  type: "CumSum",
  attributes: { exclusive: "int", reverse: "int" },
  infer: sameShape,
  // each element is in the sums from its place on: the sum from the other end
  vjp: (g, { inputs: [, axis], attributes: { exclusive = 0, reverse = 0 } }, [dy]) => [
    g.apply(op, [dy!, axis!], { exclusive, reverse: 1 - reverse }),
    null,
  ],
};

/** Running sum along `axis`. */
export const cumSum = (g: Graph, x: Value, axis: number): Value =>
  g.apply(op, [x, g.constant(ints([axis], []), "axis")], {});
