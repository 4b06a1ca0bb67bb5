import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { sin } from "./sin.ts";

export const op = unary("Cos", (g, dy, x) => neg(g, mul(g, dy, sin(g, x))), Math.cos);

/** Cosine. */
export const cos = applyUnary(op);
