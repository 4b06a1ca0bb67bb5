import { applyUnary, unary } from "./_shared.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

// dx = dy 2/sqrt(pi) e^(-x^2)
export const op = unary("Erf", (g, dy, x) => mul(g, dy, mul(g, exp(g, neg(g, mul(g, x, x))), 2 / Math.sqrt(Math.PI))));

/** Error function. */
export const erf = applyUnary(op);
