import { applyUnary, unary } from "./_shared.ts";

export const op = unary(
  "Neg",
  (g, dy) => neg(g, dy),
  (x) => -x,
);

/** -x, element by element. */
export const neg = applyUnary(op);
