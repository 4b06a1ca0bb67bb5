import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("Greater", (a, b) => a! > b!);

/** Whether a > b, element by element, broadcasting. */
export const greater = applyBinary(op);
