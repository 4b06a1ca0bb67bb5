import { applyBinary, binary } from "./_shared.ts";

export const op = binary(
  "Add",
  (_g, dy) => [dy, dy],
  (a, b) => a + b,
);

/** Sum, element by element, broadcasting. */
export const add = applyBinary(op);
