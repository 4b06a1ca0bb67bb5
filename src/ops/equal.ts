import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("Equal", (a, b) => a === b);

/** Whether a equals b, element by element, broadcasting. */
export const equal = applyBinary(op);
