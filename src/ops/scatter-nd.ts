import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { sameShape, type AttributesOf } from "./_shared.ts";
import { zeros } from "./expand.ts";

type Reduction = "none" | "add";

export const op: Op<AttributesOf<{ reduction: string }>> = {
  type: "ScatterND",
  attributes: { reduction: "string" },
  infer: sameShape,
  vjp: (g, { inputs: [, indices, updates], attributes: { reduction = "none" } }, [dy]) => {
    if (reduction !== "none" && reduction !== "add")
      throw shapeError("ScatterND", 'reduction "none" or "add", for a gradient', reduction);
    const blank = (): Value => zeros(g, shapeOf(updates!), dy!.dtype);
    const data = reduction === "add" ? dy! : scatterNd(g, dy!, { indices: indices!, updates: blank() });
    return [data, null, gatherNd(g, dy!, indices!)];
  },
};

/** GatherND, of which ScatterND is the adjoint. */
export const adjoint: Op<AttributesOf<{ batch_dims: number }>> = {
  type: "GatherND",
  attributes: { batch_dims: "int" },
  infer: ({ inputs: [x, indices], attributes: { batch_dims = 0 } }) => {
    const [shape, at] = [shapeOf(x!), shapeOf(indices!)];
    return [[...at.slice(0, -1), ...shape.slice(batch_dims + at.at(-1)!)]];
  },
  vjp: (g, { inputs: [x, indices], attributes: { batch_dims = 0 } }, [dy]) => {
    if (batch_dims !== 0) throw shapeError("GatherND", "batch_dims 0, for a gradient", String(batch_dims));
    const blank = zeros(g, shapeOf(x!), dy!.dtype);
    return [scatterNd(g, blank, { indices: indices!, updates: dy!, reduction: "add" }), null];
  },
};

interface ScatterNd {
  /** [..., k] int64: places along the first k axes. */
  readonly indices: Value;
  /** What goes there: [..., the other axes of x]. */
  readonly updates: Value;
  /** "add" sums up what meets at one place; with "none" (the default) places must be distinct. */
  readonly reduction?: Reduction;
}

/** x with slices replaced or added to. */
export const scatterNd = (g: Graph, x: Value, { indices, updates, reduction = "none" }: ScatterNd): Value =>
  g.apply(op, [x, indices, updates], { reduction });

/** The slices of x at places along its first axes: indices [..., k] -> [..., the other axes of x]. */
export const gatherNd = (g: Graph, x: Value, indices: Value): Value =>
  g.apply(adjoint, [x, indices], { batch_dims: 0 });
