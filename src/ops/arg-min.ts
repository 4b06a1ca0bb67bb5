import type { Graph, Value } from "../graph/graph.ts";
import { argExtreme } from "./arg-max.ts";

export const op = argExtreme("ArgMin");

/** The place of the smallest element along `axis`, as int64; the first of equal ones. The axis is kept as size 1 unless `keepdims` is 0. */
export const argMin = (g: Graph, x: Value, axis: number, keepdims: 0 | 1 = 1): Value =>
  g.apply(op, [x], { axis, keepdims });
