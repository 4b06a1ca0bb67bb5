import { numbersOf, sizeOf, tensorOf, type Tensor } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ value: Tensor }>> = {
  type: "ConstantOfShape",
  attributes: { value: "tensor" },
  infer: ({ inputs: [shape] }) => [constantInts(shape)],
  dtypes: ({ attributes: { value } }) => [value?.dtype ?? "float32"],
  vjp: () => [null],
  fold: ({ outputs: [y], attributes: { value } }) => {
    const fill = value ? numbersOf(value)[0]! : 0;
    return tensorOf(y!.dtype, shapeOf(y!), new Array<number>(sizeOf(shapeOf(y!))).fill(fill));
  },
};

/** A tensor of a shape computed in the graph, every element being the one of `value` (a vector of one element). */
export const constantOfShape = (g: Graph, shape: Value, value: Tensor): Value => g.apply(op, [shape], { value });
