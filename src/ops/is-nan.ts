import { applyUnary, predicate } from "./_shared.ts";

export const op = predicate("IsNaN", (a) => Number.isNaN(a));

/** Whether the input is not a number. */
export const isNaN = applyUnary(op);
