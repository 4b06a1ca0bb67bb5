import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, foldKeeping, intsValue, positiveAxis } from "./_shared.ts";
import { reshape } from "./reshape.ts";

export const op: Op<null> = {
  type: "Squeeze",
  infer: ({ inputs: [x, axes] }) => {
    const shape = shapeOf(x!);
    if (!axes) return [shape.filter((n) => n !== 1)];
    const dropped = constantInts(axes)?.map((axis) => positiveAxis("Squeeze", axis, shape.length));
    if (!dropped) return [null];
    if (dropped.some((axis) => shape[axis] !== 1))
      throw shapeError("Squeeze", `axes of size 1 at [${dropped}]`, `[${shape}]`);
    return [shape.filter((_, axis) => !dropped.includes(axis))];
  },
  vjp: (g, { inputs: [x] }, [dy]) => [reshape(g, dy!, shapeOf(x!)), null],
  fold: foldKeeping,
};

/** Axes of size 1 taken out: those given, or all. */
export const squeeze = (g: Graph, x: Value, axes?: readonly number[]): Value =>
  g.apply(op, axes ? [x, intsValue(g, axes, "axes")] : [x], null);
