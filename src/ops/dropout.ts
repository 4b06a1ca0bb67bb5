import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { shapeError } from "../base/errors.ts";
import { constantInts, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ seed: number }>> = {
  type: "Dropout",
  attributes: { seed: "int" },
  infer: ({ inputs: [x] }) => [shapeOf(x!), shapeOf(x!)],
  dtypes: ({ inputs: [x] }) => [x!.dtype, "bool"],
  // as exported for inference, where it changes nothing
  vjp: (_g, { inputs: [, , training] }, [dy]) => {
    if (training && constantInts(training)?.[0] !== 0)
      throw shapeError("Dropout", "training_mode false: masks are drawn outside the graph", "training_mode");
    return [dy!, null, null];
  },
};

/** Dropout as in inference: x itself. */
export const dropout = (g: Graph, x: Value): Value => g.apply(op, [x], {});
