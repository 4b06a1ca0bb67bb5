import { applyUnary, unary } from "./_shared.ts";

export const op = unary("Sign", () => null, Math.sign);

/** -1, 0 or 1; its gradient is zero. */
export const sign = applyUnary(op);
