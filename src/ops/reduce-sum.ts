import { shapeOf } from "../graph/graph.ts";
import { applyReduction, reduction } from "./_reduction.ts";
import { expand } from "./expand.ts";

export const op = reduction(
  "ReduceSum",
  (g, { x, dy }) => expand(g, dy, shapeOf(x)),
  (xs) => xs.reduce((a, b) => a + b, 0),
);

/** Sum over axes. */
export const reduceSum = applyReduction(op);
