import { applyUnary, predicate } from "./_shared.ts";

export const op = predicate("Not", (a) => a === 0);

/** Whether the input does not hold. */
export const not = applyUnary(op);
