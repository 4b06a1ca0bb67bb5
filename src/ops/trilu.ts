import type { Graph, Op, Value } from "../graph/graph.ts";
import { ints } from "../graph/dtype.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ upper: number }>> = {
  type: "Trilu",
  attributes: { upper: "int" },
  infer: sameShape,
  vjp: (g, { inputs: [, k], attributes }, [dy]) => [g.apply(op, k ? [dy!, k] : [dy!], attributes), null],
};

/** The upper (1) or lower (0) triangle of matrices, zeros elsewhere; `k` shifts the diagonal to the right. */
export const trilu = (g: Graph, x: Value, upper: 0 | 1, k = 0): Value =>
  g.apply(op, [x, g.constant(ints([k], []), "diagonal")], { upper });
