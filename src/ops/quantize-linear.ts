import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ axis: number; saturate: number }>> = {
  type: "QuantizeLinear",
  attributes: { axis: "int", saturate: "int" },
  infer: sameShape,
  dtypes: ({ inputs: [, , zero] }) => [zero?.dtype ?? "uint8"],
  vjp: "none",
};

/**
 * saturate(round(x / scale) + zero), halves to even.
 *
 * @param scale  float32, a scalar, or a vector along `axis`
 * @param zero  uint8 or int8, of the same shape; its type is the output's
 */
export const quantizeLinear = (g: Graph, [x, scale, zero]: readonly [Value, Value, Value], axis = 1): Value =>
  g.apply(op, [x, scale, zero], { axis });
