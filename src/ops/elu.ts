import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { exp } from "./exp.ts";
import { step } from "./hard-sigmoid.ts";
import { min } from "./min.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op: Op<AttributesOf<{ alpha: number }>> = {
  type: "Elu",
  attributes: { alpha: "float" },
  infer: sameShape,
  // 1 above 0, alpha e^x below
  vjp: (g, { inputs: [x], attributes: { alpha = 1 } }, [dy]) => {
    const above = step(g, x!);
    const below = mul(g, mul(g, sub(g, 1, above), exp(g, min(g, x!, 0))), alpha);
    return [mul(g, dy!, add(g, above, below))];
  },
};

/** x above 0, alpha (e^x - 1) below. */
export const elu = (g: Graph, x: Value, alpha = 1): Value => g.apply(op, [x], { alpha });
