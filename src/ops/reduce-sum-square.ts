import { applyReduction, reduction } from "./_reduction.ts";
import { mul } from "./mul.ts";

export const op = reduction("ReduceSumSquare", (g, { x, dy }) => mul(g, x, mul(g, dy, 2)));

/** Sum of squares over axes. */
export const reduceSumSquare = applyReduction(op);
