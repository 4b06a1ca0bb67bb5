import { isFloat } from "../graph/dtype.ts";
import { applyBinary, binary } from "./_shared.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

export const op = binary(
  "Div",
  // y = a / b   =>   da = dy / b,  db = -y dy / b
  (g, dy, { b, y }) => {
    const da = div(g, dy, b);
    return [da, neg(g, mul(g, da, y))];
  },
  (a, b, dtype) => (isFloat(dtype) ? a / b : Math.trunc(a / b)),
);

/** Quotient, element by element, broadcasting; whole numbers are rounded towards zero. */
export const div = applyBinary(op);
