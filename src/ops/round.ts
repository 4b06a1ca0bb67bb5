import { applyUnary, unary } from "./_shared.ts";

export const op = unary(
  "Round",
  () => null,
  (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
);

/** The nearest whole number, halves to the even one; its gradient is zero. */
export const round = applyUnary(op);
