import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "DequantizeLinear",
  attributes: { axis: "int" },
  infer: sameShape,
  dtypes: ({ inputs: [, scale] }) => [scale?.dtype ?? "float32"],
  vjp: "none",
};

/**
 * (x - zero) scale, as floats.
 *
 * @param scale  float32, a scalar, or a vector along `axis`
 * @param zero  of the type of x and the shape of the scale; left out: 0
 */
export const dequantizeLinear = (g: Graph, [x, scale, zero]: readonly [Value, Value, Value?], axis = 1): Value =>
  g.apply(op, zero ? [x, scale, zero] : [x, scale], { axis });
