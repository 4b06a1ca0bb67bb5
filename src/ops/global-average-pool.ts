import { sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Op } from "../graph/graph.ts";
import { applyUnary } from "./_shared.ts";
import { globalShape } from "./_window.ts";
import { div } from "./div.ts";
import { expand } from "./expand.ts";

export const op: Op<null> = {
  type: "GlobalAveragePool",
  infer: globalShape,
  vjp: (g, { inputs: [x] }, [dy]) => [expand(g, div(g, dy!, sizeOf(shapeOf(x!).slice(2))), shapeOf(x!))],
};

/** Mean over the spatial axes: [n, c, …] -> [n, c, 1, …]. */
export const globalAveragePool = applyUnary(op);
