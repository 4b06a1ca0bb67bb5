import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

export const op = unary(
  "Reciprocal",
  (g, dy, _x, y) => neg(g, mul(g, dy, mul(g, y, y))),
  (x) => 1 / x,
);

/** 1 / x. */
export const reciprocal = applyUnary(op);
