import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op = unary("Sigmoid", (g, dy, _x, y) => mul(g, dy, mul(g, y, sub(g, 1, y))));

/** 1 / (1 + e^-x). */
export const sigmoid = applyUnary(op);
