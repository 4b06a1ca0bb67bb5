import { shapeOf, type Graph, type Value } from "../../graph/graph.ts";
import { abs } from "../../ops/abs.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { sub } from "../../ops/sub.ts";

/**
 * Mean absolute error of every row.
 *
 * @param predicted  [rows, …]
 * @param targets  of the same shape
 * @returns [rows]
 */
export const meanAbsoluteError = (g: Graph, predicted: Value, targets: Value): Value => {
  const axes = shapeOf(predicted).flatMap((_, axis) => (axis > 0 ? [axis] : []));
  const difference = abs(g, sub(g, predicted, targets));
  return axes.length > 0 ? reduceMean(g, difference, { axes, keepdims: 0 }) : difference;
};
