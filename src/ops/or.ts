import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("Or", (a, b) => a === 1 || b === 1);

/** Whether one of two holds, element by element, broadcasting. */
export const or = applyBinary(op);
