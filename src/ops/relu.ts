import { applyUnary, unary } from "./_shared.ts";
import { step } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";

export const op = unary(
  "Relu",
  (g, dy, _x, y) => mul(g, dy, step(g, y)),
  (x) => Math.max(0, x),
);

/** max(0, x); its gradient at 0 is 0. */
export const relu = applyUnary(op);
