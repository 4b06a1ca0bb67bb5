import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("And", (a, b) => a === 1 && b === 1);

/** Whether both hold, element by element, broadcasting. */
export const and = applyBinary(op);
