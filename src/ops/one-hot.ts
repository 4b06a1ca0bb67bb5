import { tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, intsValue, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "OneHot",
  attributes: { axis: "int" },
  infer: ({ inputs: [indices, depth], attributes: { axis = -1 } }) => {
    const [shape, classes] = [shapeOf(indices!), constantInts(depth)?.[0]];
    return [classes === undefined ? null : shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, classes)];
  },
  dtypes: ({ inputs: [, , values] }) => [values!.dtype],
  vjp: "none",
};

/** 1 at each index, 0 elsewhere, as floats: [...] int64 -> [..., depth]. */
export const oneHot = (g: Graph, indices: Value, depth: number): Value =>
  g.apply(op, [indices, intsValue(g, [depth], "depth"), g.constant(tensorOf("float32", [2], [0, 1]), "values")], {
    axis: -1,
  });
