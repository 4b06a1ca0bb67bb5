import type { Graph, Value } from "../../graph/graph.ts";
import { div } from "../../ops/div.ts";
import { max } from "../../ops/max.ts";
import { reduceSumSquare } from "../../ops/reduce-sum-square.ts";
import { sub } from "../../ops/sub.ts";

/** Keeps targets that are all zero from being divided by. */
const TINY = 1e-12;

/**
 * Squared distance as a share of the target's square: Σ (x - t)² / Σ t², whatever the scale of the numbers.
 *
 * @param target  of the shape of `x`; its gradient is not asked for
 * @returns a scalar; 0 when equal, 1 for x = 0
 */
export const relativeError = (g: Graph, x: Value, target: Value): Value =>
  div(
    g,
    reduceSumSquare(g, sub(g, x, target), { keepdims: 0 }),
    max(g, reduceSumSquare(g, target, { keepdims: 0 }), TINY),
  );
