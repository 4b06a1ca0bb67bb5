import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import {
  constantInts,
  intsValue,
  mayNeedGradient,
  operand,
  positiveAxis,
  type AttributesOf,
  type Operand,
} from "./_shared.ts";
import { add } from "./add.ts";
import { gather } from "./gather.ts";
import { reduceSum } from "./reduce-sum.ts";

type PadAttributes = AttributesOf<{ mode: string }>;
interface Padding {
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Padding of every axis (negative: cropping); null when it is no constant. */
const paddingOf = ({ inputs: [x, pads, , axes] }: Node<PadAttributes>): Padding | null => {
  const rank = shapeOf(x!).length;
  const given = constantInts(pads);
  const along = axes ? constantInts(axes) : Array.from({ length: rank }, (_, i) => i);
  if (!given || !along) return null;
  if (given.length !== 2 * along.length)
    throw shapeError("Pad", `${2 * along.length} paddings`, `${given.length}: [${given}]`);
  const [begin, end] = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)];
  along.forEach((axis, i) => {
    begin[positiveAxis("Pad", axis, rank)] = given[i]!;
    end[positiveAxis("Pad", axis, rank)] = given[along.length + i]!;
  });
  return { begin, end };
};

/** `dy` cropped or padded along one axis. */
const shift = (g: Graph, dy: Value, axis: number, [begin, end]: readonly [number, number]): Value => {
  const pads = new Array<number>(2 * shapeOf(dy).length).fill(0);
  [pads[axis], pads[shapeOf(dy).length + axis]] = [begin, end];
  return pad(g, dy, pads);
};

/** Gradient of padding one axis of size n by mirror images or copies of the edge: what was added flows back to its source. */
const foldBack = (
  g: Graph,
  dy: Value,
  { axis, begin, end, mode }: { axis: number; begin: number; end: number; mode: string },
): Value => {
  const n = shapeOf(dy)[axis]! - begin - end;
  const source = (from: number, count: number, at: number): Value => {
    const backwards = Array.from({ length: count }, (_, i) => from + count - 1 - i);
    const part = gather(g, dy, backwards, axis);
    const image = mode === "edge" ? reduceSum(g, part, { axes: [axis] }) : part;
    return shift(g, image, axis, [at, n - at - shapeOf(image)[axis]!]);
  };
  let dx = shift(g, dy, axis, [-begin, -end]);
  if (begin > 0) dx = add(g, dx, source(0, begin, mode === "edge" ? 0 : 1));
  if (end > 0) dx = add(g, dx, source(begin + n, end, mode === "edge" ? n - 1 : n - 1 - end));
  return dx;
};

export const op: Op<PadAttributes> = {
  type: "Pad",
  attributes: { mode: "string" },
  infer: (node) => {
    const padding = paddingOf(node);
    return [padding && shapeOf(node.inputs[0]!).map((n, axis) => n + padding.begin[axis]! + padding.end[axis]!)];
  },
  // what was put in is cut off, what was cut off is zero; copies flow back to where they came from
  vjp: (g, node, [dy]) => {
    const padding = paddingOf(node);
    const { mode = "constant" } = node.attributes;
    const known = mode === "constant" || mode === "edge" || mode === "reflect";
    if (!padding || !known || mayNeedGradient(node.inputs[2]))
      throw shapeError("Pad", "constant padding in mode constant, edge or reflect, for a gradient", mode);
    const { begin, end } = padding;
    const dx =
      mode === "constant"
        ? pad(
            g,
            dy!,
            [...begin, ...end].map((n) => -n),
          )
        : begin.reduce(
            (d, b, axis) => (b || end[axis] ? foldBack(g, d, { axis, begin: b, end: end[axis]!, mode }) : d),
            dy!,
          );
    return [dx, null, null, null];
  },
};

/**
 * x with elements put before and after each axis.
 *
 * @param pads  all begins, then all ends; negative ones cut off
 * @param value  what is put there in mode "constant": a number (default 0) or a scalar; other modes: "edge", "reflect"
 */
export const pad = (g: Graph, x: Value, pads: readonly number[], value: Operand | "edge" | "reflect" = 0): Value => {
  const mode = value === "edge" || value === "reflect" ? value : "constant";
  const fill = value === "edge" || value === "reflect" || value === 0 ? [] : [operand(g, value, x)];
  return g.apply(op, [x, intsValue(g, pads, "pads"), ...fill], { mode });
};
