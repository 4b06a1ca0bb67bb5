import { applyUnary, unary } from "./_shared.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

export const op = unary("Sqrt", (g, dy, _x, y) => div(g, dy, mul(g, y, 2)), Math.sqrt);

/** Square root. */
export const sqrt = applyUnary(op);
