import { applyReduction, reduction } from "./_reduction.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

export const op = reduction(
  "ReduceProd",
  (g, { x, y, dy }) => div(g, mul(g, dy, y), x),
  (xs) => xs.reduce((a, b) => a * b, 1),
);

/** Product over axes; its gradient wants elements other than 0. */
export const reduceProd = applyReduction(op);
