import { applyUnary, unary } from "./_shared.ts";

export const op = unary("Floor", () => null, Math.floor);

/** The next whole number down; its gradient is zero. */
export const floor = applyUnary(op);
