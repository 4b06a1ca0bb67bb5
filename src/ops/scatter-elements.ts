import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { zeros } from "./expand.ts";

export const op: Op<AttributesOf<{ axis: number; reduction: string }>> = {
  type: "ScatterElements",
  attributes: { axis: "int", reduction: "string" },
  infer: sameShape,
  vjp: (g, { inputs: [, indices], attributes: { axis = 0, reduction = "none" } }, [dy]) => {
    if (reduction !== "none" && reduction !== "add")
      throw shapeError("ScatterElements", 'reduction "none" or "add", for a gradient', reduction);
    const blank = (): Value => zeros(g, shapeOf(indices!), dy!.dtype);
    const data = reduction === "add" ? dy! : scatterElements(g, dy!, { indices: indices!, updates: blank(), axis });
    return [data, null, gatherElements(g, dy!, indices!, axis)];
  },
};

/** GatherElements, of which ScatterElements is the adjoint. */
export const adjoint: Op<AttributesOf<{ axis: number }>> = {
  type: "GatherElements",
  attributes: { axis: "int" },
  infer: ({ inputs: [, indices] }) => [shapeOf(indices!)],
  vjp: (g, { inputs: [x, indices], attributes: { axis = 0 } }, [dy]) => [
    scatterElements(g, zeros(g, shapeOf(x!), dy!.dtype), { indices: indices!, updates: dy!, axis, reduction: "add" }),
    null,
  ],
};

interface ScatterElements {
  /** int64, of the shape of `updates`: places along `axis`. */
  readonly indices: Value;
  readonly updates: Value;
  readonly axis: number;
  /** "add" sums up what meets at one place; with "none" (the default) places must be distinct. */
  readonly reduction?: "none" | "add";
}

/** x with single elements replaced or added to. */
export const scatterElements = (g: Graph, x: Value, options: ScatterElements): Value => {
  const { indices, updates, axis, reduction = "none" } = options;
  return g.apply(op, [x, indices, updates], { axis, reduction });
};

/** The elements of x at places along `axis`, one for each index. */
export const gatherElements = (g: Graph, x: Value, indices: Value, axis = 0): Value =>
  g.apply(adjoint, [x, indices], { axis });
