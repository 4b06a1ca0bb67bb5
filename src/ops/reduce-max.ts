import { sharedAmongEqual } from "./_extreme.ts";
import { applyReduction, reduction } from "./_reduction.ts";

export const op = reduction("ReduceMax", sharedAmongEqual, (xs) => Math.max(...xs));

/** Largest element over axes; equal ones share the gradient. */
export const reduceMax = applyReduction(op);
