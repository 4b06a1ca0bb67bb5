import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import { reduceSum } from "../ops/reduce-sum.ts";
import { reshape } from "../ops/reshape.ts";

/**
 * Sums `dy` over the axes along which a source of `shape` was broadcast to it: the adjoint of broadcasting, and the
 * one place where it is done. null when `shape` does not broadcast to that of `dy`.
 */
export const sumTo = (g: Graph, dy: Value, shape: readonly number[]): Value | null => {
  const from = shapeOf(dy);
  const added = from.length - shape.length;
  if (added < 0 || shape.some((n, i) => n !== 1 && n !== from[i + added])) return null;
  const axes = from.flatMap((n, axis) => (axis < added || (shape[axis - added] === 1 && n !== 1) ? [axis] : []));
  if (axes.length === 0) return dy;
  // the innermost axes first: over twice as fast as all at once, see docs/engine-performance.md
  const inner = axes.filter((axis) => from.slice(axis).every((_, i) => axes.includes(axis + i)));
  const outer = axes.filter((axis) => !inner.includes(axis));
  const sum = [inner, outer].reduce((v, part) => (part.length > 0 ? reduceSum(g, v, { axes: part }) : v), dy);
  return added === 0 ? sum : reshape(g, sum, shape);
};
