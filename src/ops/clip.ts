import type { Graph, Op, Value } from "../graph/graph.ts";
import { constantInts, mayNeedGradient, operand, sameShape, type Operand } from "./_shared.ts";
import { step } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op: Op<null> = {
  type: "Clip",
  infer: sameShape,
  // Open between the bounds and shut at them: with both, (y - min)(max - y) > 0 says so in one mask.
  vjp: (g, { inputs: [x, min, max], outputs: [y] }, [dy]) => {
    const above = min && (constantInts(min)?.[0] === 0 ? y! : sub(g, y!, min));
    const below = max && sub(g, max, y!);
    const open = above && below ? mul(g, above, below) : (above ?? below);
    return [
      open ? mul(g, dy!, step(g, open)) : dy!,
      mayNeedGradient(min) ? mul(g, dy!, step(g, sub(g, min, x!))) : null,
      mayNeedGradient(max) ? mul(g, dy!, step(g, sub(g, x!, max))) : null,
    ];
  },
};

/** x held between `min` and `max`, either of which may be left out; its gradient at a bound is 0. */
export const clip = (g: Graph, x: Value, min: Operand | null, max: Operand | null): Value =>
  g.apply(op, [x, min === null ? null : operand(g, min, x), max === null ? null : operand(g, max, x)], null);
