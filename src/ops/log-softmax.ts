import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce-sum.ts";
import { sub } from "./sub.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "LogSoftmax",
  attributes: { axis: "int" },
  infer: sameShape,
  // dx = dy - softmax(x) sum(dy)
  vjp: (g, { attributes: { axis = -1 }, outputs: [y] }, [dy]) => [
    sub(g, dy!, mul(g, exp(g, y!), reduceSum(g, dy!, { axes: [axis] }))),
  ],
};

/** The logarithm of softmax along `axis`. */
export const logSoftmax = (g: Graph, x: Value, axis = -1): Value => g.apply(op, [x], { axis });
