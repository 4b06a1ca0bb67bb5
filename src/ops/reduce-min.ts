import { sharedAmongEqual } from "./_extreme.ts";
import { applyReduction, reduction } from "./_reduction.ts";

export const op = reduction("ReduceMin", sharedAmongEqual, (xs) => Math.min(...xs));

/** Smallest element over axes; equal ones share the gradient. */
export const reduceMin = applyReduction(op);
