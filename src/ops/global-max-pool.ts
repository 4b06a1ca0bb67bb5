import { sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Op } from "../graph/graph.ts";
import { sharedAmongEqual } from "./_extreme.ts";
import { applyUnary } from "./_shared.ts";
import { globalShape } from "./_window.ts";

export const op: Op<null> = {
  type: "GlobalMaxPool",
  infer: globalShape,
  vjp: (g, { inputs: [x], outputs: [y] }, [dy]) => {
    const [, , ...sizes] = shapeOf(x!);
    const axes = sizes.map((_, i) => i + 2);
    return [sharedAmongEqual(g, { x: x!, y: y!, dy: dy!, axes, count: sizeOf(sizes) })];
  },
};

/** Largest element over the spatial axes, [n, c, …] -> [n, c, 1, …]; equal ones share the gradient. */
export const globalMaxPool = applyUnary(op);
