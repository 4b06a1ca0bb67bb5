import { applyUnary, unary } from "./_shared.ts";
import { div } from "./div.ts";

export const op = unary("Log", (g, dy, x) => div(g, dy, x), Math.log);

/** Natural logarithm. */
export const log = applyUnary(op);
