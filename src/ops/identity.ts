import { applyUnary, unary } from "./_shared.ts";

export const op = unary(
  "Identity",
  (_g, dy) => dy,
  (x) => x,
);

/** The input itself. */
export const identity = applyUnary(op);
