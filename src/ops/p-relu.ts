import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape } from "./_shared.ts";
import { add } from "./add.ts";
import { step } from "./hard-sigmoid.ts";
import { min } from "./min.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op: Op<null> = {
  type: "PRelu",
  infer: sameShape,
  // 1 above 0, the slope below;  dslope = dy x below 0
  vjp: (g, { inputs: [x, slope] }, [dy]) => {
    const above = step(g, x!);
    const factor = add(g, above, mul(g, sub(g, 1, above), slope!));
    return [mul(g, dy!, factor), mul(g, dy!, min(g, x!, 0))];
  },
};

/** x above 0, slope x below; the slope broadcasts to x. */
export const pRelu = (g: Graph, x: Value, slope: Value): Value => g.apply(op, [x, slope], null);
