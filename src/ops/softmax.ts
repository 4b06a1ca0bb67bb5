import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce-sum.ts";
import { sub } from "./sub.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "Softmax",
  attributes: { axis: "int" },
  infer: sameShape,
  // dx = y (dy - sum(y dy))
  vjp: (g, { attributes: { axis = -1 }, outputs: [y] }, [dy]) => [
    mul(g, y!, sub(g, dy!, reduceSum(g, mul(g, y!, dy!), { axes: [axis] }))),
  ],
};

/** e^x / sum(e^x) along `axis`. */
export const softmax = (g: Graph, x: Value, axis = -1): Value => g.apply(op, [x], { axis });
