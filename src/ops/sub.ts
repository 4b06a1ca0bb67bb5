import { applyBinary, binary } from "./_shared.ts";
import { neg } from "./neg.ts";

export const op = binary(
  "Sub",
  (g, dy) => [dy, neg(g, dy)],
  (a, b) => a - b,
);

/** Difference, element by element, broadcasting. */
export const sub = applyBinary(op);
