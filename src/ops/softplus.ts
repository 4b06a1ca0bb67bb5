import { applyUnary, unary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";

export const op = unary("Softplus", (g, dy, x) => mul(g, dy, sigmoid(g, x)));

/** log(1 + e^x). */
export const softplus = applyUnary(op);
