import type { Graph, Op, Value } from "../graph/graph.ts";
import { broadcastInputs } from "./_shared.ts";

export const op: Op<null> = {
  type: "Sum",
  infer: broadcastInputs,
  vjp: (_g, { inputs }, [dy]) => inputs.map(() => dy!),
};

/** Sum of any number of tensors, element by element, broadcasting. */
export const sum = (g: Graph, xs: readonly Value[]): Value => g.apply(op, xs, null);
