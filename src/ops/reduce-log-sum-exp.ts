import { applyReduction, reduction } from "./_reduction.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op = reduction("ReduceLogSumExp", (g, { x, y, dy }) => mul(g, dy, exp(g, sub(g, x, y))));

/** Logarithm of the sum of e^x over axes. */
export const reduceLogSumExp = applyReduction(op);
