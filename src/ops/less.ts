import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("Less", (a, b) => a! < b!);

/** Whether a < b, element by element, broadcasting. */
export const less = applyBinary(op);
