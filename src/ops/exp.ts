import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";

export const op = unary("Exp", (g, dy, _x, y) => mul(g, dy, y), Math.exp);

/** e to the power x. */
export const exp = applyUnary(op);
