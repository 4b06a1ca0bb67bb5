import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, foldKeeping, intsValue, positiveAxis } from "./_shared.ts";
import { reshape } from "./reshape.ts";

export const op: Op<null> = {
  type: "Unsqueeze",
  infer: ({ inputs: [x, axes] }) => {
    const [shape, given] = [shapeOf(x!), constantInts(axes)];
    if (!given) return [null];
    const rank = shape.length + given.length;
    const added = given.map((axis) => positiveAxis("Unsqueeze", axis, rank));
    const sizes = shape[Symbol.iterator]();
    return [Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : sizes.next().value!))];
  },
  vjp: (g, { inputs: [x] }, [dy]) => [reshape(g, dy!, shapeOf(x!)), null],
  fold: foldKeeping,
};

/** Axes of size 1 put in, at the given places of the result. */
export const unsqueeze = (g: Graph, x: Value, axes: readonly number[]): Value =>
  g.apply(op, [x, intsValue(g, axes, "axes")], null);
