import { shapeError } from "../base/errors.ts";
import { numbersOf, sizeOf, tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { positiveAxis, tensorAt, withSizes, type AttributesOf } from "./_shared.ts";
import { slice } from "./slice.ts";

export const op: Op<AttributesOf<{ axis: number }>> = {
  type: "Concat",
  attributes: { axis: "int" },
  infer: ({ inputs, attributes: { axis = 0 } }) => {
    const shapes = inputs.map((x) => shapeOf(x!));
    const first = shapes[0]!;
    const at = positiveAxis("Concat", axis, first.length);
    const differs = shapes.find((s) => s.length !== first.length || s.some((n, i) => i !== at && n !== first[i]));
    if (differs) throw shapeError("Concat", `[${first}] but for axis ${at}`, `[${differs}]`);
    return [withSizes(first, new Map([[at, shapes.reduce((sum, s) => sum + s[at]!, 0)]]))];
  },
  // each input gets its slice of dy
  vjp: (g, { inputs, attributes: { axis = 0 } }, [dy]) => {
    let end = 0;
    return inputs.map((x) => {
      const start = end;
      end += shapeOf(x!).at(axis)!;
      return slice(g, dy!, { starts: [start], ends: [end], axes: [axis] });
    });
  },
  fold: (node) => {
    const { dtype, shape } = node.outputs[0]!;
    const parts = node.inputs.map((_, i) => numbersOf(tensorAt(node, i)));
    const rows = sizeOf(shape!.slice(0, positiveAxis("Concat", node.attributes.axis ?? 0, shape!.length)));
    const rowOf = (xs: number[], row: number): number[] =>
      xs.slice((row * xs.length) / rows, ((row + 1) * xs.length) / rows);
    return tensorOf(
      dtype,
      shape!,
      Array.from({ length: rows }, (_, row) => parts.flatMap((xs) => rowOf(xs, row))).flat(),
    );
  },
};

/** Tensors one after the other along `axis`. */
export const concat = (g: Graph, xs: readonly Value[], axis: number): Value => g.apply(op, xs, { axis });
