import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op = unary("Tanh", (g, dy, _x, y) => mul(g, dy, sub(g, 1, mul(g, y, y))));

/** Hyperbolic tangent. */
export const tanh = applyUnary(op);
