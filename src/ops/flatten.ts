import { sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { foldKeeping, type AttributesOf } from "./_shared.ts";
import { reshape } from "./reshape.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "Flatten",
  attributes: { axis: "int" },
  infer: ({ inputs: [x], attributes: { axis = 1 } }) => {
    const shape = shapeOf(x!);
    return [[sizeOf(shape.slice(0, axis)), axis === 0 ? sizeOf(shape) : sizeOf(shape.slice(axis))]];
  },
  vjp: (g, { inputs: [x] }, [dy]) => [reshape(g, dy!, shapeOf(x!))],
  fold: foldKeeping,
};

/** A matrix: the axes before `axis` become the rows, the others the columns. */
export const flatten = (g: Graph, x: Value, axis = 1): Value => g.apply(op, [x], { axis });
