import { applyReduction, reduction } from "./_reduction.ts";
import { mul } from "./mul.ts";
import { sign } from "./sign.ts";

export const op = reduction("ReduceL1", (g, { x, dy }) => mul(g, sign(g, x), dy));

/** Sum of absolute values over axes. */
export const reduceL1 = applyReduction(op);
