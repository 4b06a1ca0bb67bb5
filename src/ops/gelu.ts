import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { tanh } from "./tanh.ts";

/** d(x Phi(x))/dx = Phi(x) + x phi(x), with the normal distribution's Phi and its density phi. */
const exactSlope = (g: Graph, x: Value): Value => {
  const cumulative = mul(g, add(g, erf(g, mul(g, x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(g, exp(g, mul(g, mul(g, x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(g, cumulative, mul(g, x, density));
};

/** d(x (1 + tanh u) / 2)/dx with u = sqrt(2/pi) (x + 0.044715 x^3). */
const tanhSlope = (g: Graph, x: Value): Value => {
  const c = Math.sqrt(2 / Math.PI);
  const square = mul(g, x, x);
  const t = tanh(g, mul(g, mul(g, x, add(g, mul(g, square, 0.044715), 1)), c));
  const du = add(g, mul(g, square, 3 * 0.044715 * c), c);
  const rise = mul(g, mul(g, x, du), sub(g, 1, mul(g, t, t)));
  return mul(g, add(g, add(g, t, 1), rise), 0.5);
};

export const op: Op<AttributesOf<{ approximate: string }>> = {
  type: "Gelu",
  attributes: { approximate: "string" },
  infer: sameShape,
  vjp: (g, { inputs: [x], attributes: { approximate } }, [dy]) => [
    mul(g, dy!, approximate === "tanh" ? tanhSlope(g, x!) : exactSlope(g, x!)),
  ],
};

/** x Phi(x), with the normal distribution's Phi, or its approximation by tanh. Hendrycks and Gimpel 2016. */
export const gelu = (g: Graph, x: Value, approximate: "none" | "tanh" = "none"): Value =>
  g.apply(op, [x], { approximate });
