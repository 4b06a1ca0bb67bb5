import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("GreaterOrEqual", (a, b) => a! >= b!);

/** Whether a >= b, element by element, broadcasting. */
export const greaterOrEqual = applyBinary(op);
