import { shapeError } from "../base/errors.ts";
import { sizeOf, tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import type { AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { cast } from "./cast.ts";
import { clip } from "./clip.ts";
import { zeros } from "./expand.ts";
import { floor } from "./floor.ts";
import { gather } from "./gather.ts";
import { step } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce-sum.ts";
import { reshape } from "./reshape.ts";
import { round } from "./round.ts";
import { scatterElements } from "./scatter-elements.ts";
import { slice } from "./slice.ts";
import { concat } from "./concat.ts";
import { sub } from "./sub.ts";

type GridAttributes = AttributesOf<{ mode: string; padding_mode: string; align_corners: number }>;

export const op: Op<GridAttributes> = {
  type: "GridSample",
  attributes: { mode: "string", padding_mode: "string", align_corners: "int" },
  infer: ({ inputs: [x, grid] }) => {
    const [shape, places] = [shapeOf(x!), shapeOf(grid!)];
    if (places.length !== shape.length || places.at(-1) !== shape.length - 2 || places[0] !== shape[0])
      throw shapeError("GridSample", `a grid [${shape[0]}, …, ${shape.length - 2}]`, `[${places}]`);
    return [[shape[0]!, shape[1]!, ...places.slice(1, -1)]];
  },
  vjp: (g, node, [dy]) => {
    const { mode = "linear", padding_mode: padding = "zeros" } = node.attributes;
    const [x, grid] = node.inputs;
    const known = (padding === "zeros" || padding === "border") && mode !== "cubic" && mode !== "bicubic";
    if (shapeOf(x!).length !== 4 || !known)
      throw shapeError(
        "GridSample",
        "pictures, linear or nearest, padded by zeros or border, for a gradient",
        `${mode}, ${padding}`,
      );
    return sampleGradients(g, node, { x: x!, grid: grid!, dy: dy! });
  },
};

/** One of the pixels along an axis that a sample is made of; all values are [n, 1, places]. */
interface Neighbour {
  /** Its place, held inside the picture, int64. */
  readonly index: Value;
  readonly weight: Value;
  /** d(weight) / d(grid); null where it is zero. */
  readonly rate: Value | null;
}

/** The neighbours of the sampled places along the axis of `size` pixels that the grid's column `column` is about. */
const neighboursOf = (
  g: Graph,
  grid: Value,
  { attributes }: Node<GridAttributes>,
  size: number,
  column: number,
): Neighbour[] => {
  const { mode = "linear", padding_mode: padding = "zeros", align_corners: align = 0 } = attributes;
  const slope = align ? (size - 1) / 2 : size / 2;
  const given = slice(g, grid, { starts: [column], ends: [column + 1], axes: [3] });
  const free = add(g, mul(g, reshape(g, given, [shapeOf(grid)[0]!, 1, -1]), slope), (size - 1) / 2);
  const border = padding === "border";
  const place = border ? clip(g, free, 0, size - 1) : free;
  const neighbour = (at: Value, weight: Value | number, rate: number): Neighbour => {
    const inside = border
      ? mul(g, step(g, free), step(g, sub(g, size - 1, free)))
      : mul(g, step(g, add(g, at, 0.5)), step(g, sub(g, size - 0.5, at)));
    const index = cast(g, clip(g, at, 0, size - 1), "int64");
    const one = typeof weight === "number" ? add(g, mul(g, at, 0), weight) : weight;
    return { index, weight: border ? one : mul(g, one, inside), rate: rate === 0 ? null : mul(g, inside, rate) };
  };
  if (mode === "nearest") return [neighbour(round(g, place), 1, 0)];
  const low = floor(g, place);
  const beyond = sub(g, place, low);
  return [neighbour(low, sub(g, 1, beyond), -slope), neighbour(add(g, low, 1), beyond, slope)];
};

interface Sampled {
  readonly x: Value;
  readonly grid: Value;
  readonly dy: Value;
}

// y = sum over neighbours i, j of wy_i wx_j x[i, j]
const sampleGradients = (g: Graph, node: Node<GridAttributes>, { x, grid, dy }: Sampled): Value[] => {
  const [n, c, h, w] = shapeOf(x);
  const offsets = Array.from({ length: n! * c! }, (_, plane) => plane * h! * w!);
  const planes = g.constant(tensorOf("int64", [n!, c!, 1], offsets), "planes");
  const [pixels, flow] = [reshape(g, x, [-1]), reshape(g, dy, [n!, c!, -1])];
  let dx = zeros(g, [sizeOf(shapeOf(x))], x.dtype);
  const dgrid: [Value | null, Value | null] = [null, null];
  const collect = (column: 0 | 1, part: Value): void => {
    const sum = dgrid[column];
    dgrid[column] = sum ? add(g, sum, part) : part;
  };
  for (const row of neighboursOf(g, grid, node, h!, 1))
    for (const column of neighboursOf(g, grid, node, w!, 0)) {
      const index = add(g, add(g, mul(g, row.index, w!), column.index), planes);
      const updates = reshape(g, mul(g, flow, mul(g, row.weight, column.weight)), [-1]);
      dx = scatterElements(g, dx, { indices: reshape(g, index, [-1]), updates, axis: 0, reduction: "add" });
      if (!row.rate || !column.rate) continue;
      const along = reduceSum(g, mul(g, flow, gather(g, pixels, index)), { axes: [1] });
      collect(0, mul(g, along, mul(g, row.weight, column.rate)));
      collect(1, mul(g, along, mul(g, row.rate, column.weight)));
    }
  const stacked = (d: Value | null): Value =>
    d ? reshape(g, d, [...shapeOf(grid).slice(0, 3), 1]) : zeros(g, [...shapeOf(grid).slice(0, 3), 1], grid.dtype);
  return [reshape(g, dx, shapeOf(x)), concat(g, dgrid.map(stacked), 3)];
};

interface GridOptions {
  readonly mode?: "linear" | "nearest";
  /** What is beyond the edge: zeros, or the pixel at the edge. */
  readonly padding?: "zeros" | "border";
  /** Whether -1 and 1 are the centres of the outermost pixels, not their outer edges (the default). */
  readonly alignCorners?: boolean;
}

/** Pictures [n, c, h, w] sampled at places grid [n, out h, out w, 2] (x, y, in [-1, 1]). Jaderberg et al. 2015. */
export const gridSample = (g: Graph, x: Value, grid: Value, options: GridOptions = {}): Value => {
  const { mode = "linear", padding = "zeros", alignCorners = false } = options;
  return g.apply(op, [x, grid], { mode, padding_mode: padding, align_corners: alignCorners ? 1 : 0 });
};
