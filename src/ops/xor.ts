import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("Xor", (a, b) => a !== b);

/** Whether exactly one of two holds, element by element, broadcasting. */
export const xor = applyBinary(op);
