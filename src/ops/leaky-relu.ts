import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { step } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";

export const op: Op<AttributesOf<{ alpha: number }>> = {
  type: "LeakyRelu",
  attributes: { alpha: "float" },
  infer: sameShape,
  vjp: (g, { inputs: [x], attributes: { alpha = 0.01 } }, [dy]) => [
    mul(g, dy!, add(g, mul(g, step(g, x!), 1 - alpha), alpha)),
  ],
};

/** x above 0, alpha x below. */
export const leakyRelu = (g: Graph, x: Value, alpha = 0.01): Value => g.apply(op, [x], { alpha });
