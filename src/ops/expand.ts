import { tensorOf, type DType } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { broadcastShapes, broadcastTensor, constantInts, intsValue, tensorAt } from "./_shared.ts";

export const op: Op<null> = {
  type: "Expand",
  infer: ({ inputs: [x, shape] }) => {
    const wanted = constantInts(shape);
    return [wanted && broadcastShapes("Expand", shapeOf(x!), wanted)];
  },
  // the backward walk sums what was broadcast
  vjp: (_g, _node, [dy]) => [dy!, null],
  fold: (node) => broadcastTensor(tensorAt(node, 0), shapeOf(node.outputs[0]!)),
};

/** x repeated along its axes of size 1 (and new leading ones) to the shape that it and `shape` broadcast to. */
export const expand = (g: Graph, x: Value, shape: Value | readonly number[]): Value =>
  g.apply(op, [x, intsValue(g, shape, "shape")], null);

/** Zeros of a shape, stored as a single one. */
export const zeros = (g: Graph, shape: readonly number[], dtype: DType): Value =>
  expand(g, g.constant(tensorOf(dtype, [], [0]), "zero"), shape);
