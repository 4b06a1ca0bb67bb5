import { applyBinary, binary } from "./_shared.ts";

export const op = binary(
  "Mul",
  (g, dy, { a, b }) => [mul(g, dy, b), mul(g, dy, a)],
  (a, b) => a * b,
);

/** Product, element by element, broadcasting. */
export const mul = applyBinary(op);
