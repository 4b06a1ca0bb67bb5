import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";

export const op = unary("Abs", (g, dy, x) => mul(g, dy, sign(g, x)), Math.abs);

/** Absolute value; its gradient at 0 is 0. */
export const abs = applyUnary(op);
