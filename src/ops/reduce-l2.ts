import { applyReduction, reduction } from "./_reduction.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

export const op = reduction("ReduceL2", (g, { x, y, dy }) => mul(g, x, div(g, dy, y)));

/** Square root of the sum of squares over axes; no gradient where it is 0. */
export const reduceL2 = applyReduction(op);
