import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { mul } from "../../ops/mul.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { sub } from "../../ops/sub.ts";

/**
 * Mean squared error of every row.
 *
 * @param predicted  [rows, …]
 * @param targets  of the same shape
 * @returns [rows]
 */
export const meanSquaredError = (g: Graph, predicted: Value, targets: Value): Value => {
  const difference = sub(g, predicted, targets);
  const axes = shapeOf(predicted).flatMap((_, axis) => (axis > 0 ? [axis] : []));
  const square = mul(g, difference, difference);
  return axes.length > 0 ? reduceMean(g, square, { axes, keepdims: 0 }) : square;
};
