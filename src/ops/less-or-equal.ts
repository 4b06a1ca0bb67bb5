import { applyBinary, predicate } from "./_shared.ts";

export const op = predicate("LessOrEqual", (a, b) => a! <= b!);

/** Whether a <= b, element by element, broadcasting. */
export const lessOrEqual = applyBinary(op);
