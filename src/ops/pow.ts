import { numbersOf } from "../graph/dtype.ts";
import type { Graph, Op, Value } from "../graph/graph.ts";
import { applyBinary, binary, broadcastInputs, mayNeedGradient } from "./_shared.ts";
import { cast } from "./cast.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

/** d(a^b)/da = b a^(b-1), where whole powers stay clear of 0^negative. */
const slope = (g: Graph, a: Value, b: Value): Value | null => {
  const exponent = b.constant && b.constant.data.length === 1 ? numbersOf(b.constant)[0]! : undefined;
  if (exponent === 0) return null;
  if (exponent === 1) return g.constant(1);
  if (exponent === 2) return mul(g, a, 2);
  const power = b.dtype === a.dtype ? b : cast(g, b, a.dtype);
  return mul(g, power, pow(g, a, exponent === undefined ? sub(g, power, 1) : exponent - 1));
};

const sameTypes = binary(
  "Pow",
  (g, dy, { a, b, y }) => {
    const da = slope(g, a, b);
    return [da && mul(g, dy, da), mayNeedGradient(b) ? mul(g, dy, mul(g, y, log(g, a))) : null];
  },
  (a, b) => a ** b,
);

// the exponent may be of another type
export const op: Op<null> = { ...sameTypes, infer: broadcastInputs };

/** a to the power b, broadcasting; a gradient for b wants a > 0. */
export const pow = applyBinary(op);
