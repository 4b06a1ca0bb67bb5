import { applyUnary, unary } from "./_shared.ts";
import { add } from "./add.ts";
import { hardSigmoid, step } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op = unary("HardSwish", (g, dy, x) => {
  const gate = hardSigmoid(g, x, 1 / 6, 0.5);
  const slope = mul(g, step(g, mul(g, gate, sub(g, 1, gate))), 1 / 6);
  return mul(g, dy, add(g, gate, mul(g, x, slope)));
});

/** x max(0, min(1, x / 6 + 1 / 2)). */
export const hardSwish = applyUnary(op);
