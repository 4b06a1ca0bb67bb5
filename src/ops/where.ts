import { numbersOf, tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { broadcastInputs, broadcastTensor, operand, tensorAt, type Operand } from "./_shared.ts";

export const op: Op<null> = {
  type: "Where",
  infer: broadcastInputs,
  dtypes: ({ inputs: [, a] }) => [a!.dtype],
  vjp: (g, { inputs: [condition] }, [dy]) => [null, where(g, condition!, dy!, 0), where(g, condition!, 0, dy!)],
  fold: (node) => {
    const y = node.outputs[0]!;
    const [condition, a, b] = [0, 1, 2].map((i) => numbersOf(broadcastTensor(tensorAt(node, i), shapeOf(y))));
    return tensorOf(
      y.dtype,
      shapeOf(y),
      condition!.map((c, i) => (c ? a![i]! : b![i]!)),
    );
  },
};

/** `a` where the condition holds, else `b`; all three broadcast, one of the two may be a number. */
export const where = (g: Graph, condition: Value, a: Operand, b: Operand): Value => {
  const like = typeof a === "number" ? (b as Value) : a;
  return g.apply(op, [condition, operand(g, a, like), operand(g, b, like)], null);
};
