import { applyUnary, unary } from "./_shared.ts";

export const op = unary("Ceil", () => null, Math.ceil);

/** The next whole number up; its gradient is zero. */
export const ceil = applyUnary(op);
