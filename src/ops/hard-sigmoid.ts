import type { Graph, Op, Value } from "../graph/graph.ts";
import { sameShape, STEP_SLOPE, type AttributesOf } from "./_shared.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

export const op: Op<AttributesOf<{ alpha: number; beta: number }>> = {
  type: "HardSigmoid",
  attributes: { alpha: "float", beta: "float" },
  infer: sameShape,
  // dx = alpha dy where 0 < y < 1. A slope as steep as `step` has no gradient: it is zero wherever it exists.
  vjp: (g, { attributes: { alpha = 0.2 }, outputs: [y] }, [dy]) =>
    alpha >= STEP_SLOPE / 2 ? [null] : [mul(g, mul(g, dy!, alpha), step(g, mul(g, y!, sub(g, 1, y!))))],
};

/** max(0, min(1, alpha x + beta)). */
export const hardSigmoid = (g: Graph, x: Value, alpha = 0.2, beta = 0.5): Value => g.apply(op, [x], { alpha, beta });

/**
 * 1 where x > 0, else 0, as a float: the mask of ReLU and its kin. Its gradient is zero.
 *
 * `HardSigmoid` with a slope of 1e30 is the fastest form ONNX Runtime has on a CPU; masks that pass through booleans
 * (`Greater`, `Cast`) take twice as long, `Where` three times.
 */
export const step = (g: Graph, x: Value): Value => hardSigmoid(g, x, STEP_SLOPE, 0);
