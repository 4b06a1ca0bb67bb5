import { applyUnary, unary } from "./_shared.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";

// the cosine as a shifted sine, so that neither file needs the other twice
export const op = unary("Sin", (g, dy, x) => mul(g, dy, sin(g, add(g, x, Math.PI / 2))), Math.sin);

/** Sine. */
export const sin = applyUnary(op);
