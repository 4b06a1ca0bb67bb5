import { shapeOf } from "../graph/graph.ts";
import { applyReduction, reduction } from "./_reduction.ts";
import { expand } from "./expand.ts";
import { mul } from "./mul.ts";

export const op = reduction("ReduceMean", (g, { x, dy, count }) => expand(g, mul(g, dy, 1 / count), shapeOf(x)));

/** Mean over axes. */
export const reduceMean = applyReduction(op);
