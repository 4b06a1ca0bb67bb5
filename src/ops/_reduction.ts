import { shapeError } from "../base/errors.ts";
import { numbersOf, sizeOf, tensorOf, type Tensor } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Shape, type Value } from "../graph/graph.ts";
import { constantInts, coordinates, intsValue, positiveAxis, tensorAt, type AttributesOf } from "./_shared.ts";
import { reshape } from "./reshape.ts";

export type ReduceAttributes = AttributesOf<{ keepdims: number; noop_with_empty_axes: number }>;

/** What a reduction's gradient is made of: `dy` and `y` have the shape of `x` with the reduced axes of size 1. */
export interface ReductionParts {
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
  readonly axes: readonly number[];
  /** Number of elements reduced to one. */
  readonly count: number;
}

/** A reduction over the axes given as an input (all of them when it is missing). The rule gives a gradient of x's shape. */
export const reduction = (
  type: string,
  vjp: (g: Graph, parts: ReductionParts) => Value,
  fold?: (numbers: readonly number[]) => number,
): Op<ReduceAttributes> => ({
  type,
  attributes: { keepdims: "int", noop_with_empty_axes: "int" },
  infer: (node) => [reducedShape(node, node.attributes.keepdims ?? 1)],
  vjp: (g, node, [dy]) => {
    const x = node.inputs[0]!;
    const [axes, kept] = [reducedAxes(node), reducedShape(node, 1)];
    if (!axes || !kept) throw shapeError(type, "constant axes, for a gradient", "axes computed in the graph");
    const keep = (v: Value): Value => (node.attributes.keepdims === 0 ? reshape(g, v, kept) : v);
    const count = sizeOf(shapeOf(x)) / sizeOf(kept);
    return [vjp(g, { x, y: keep(node.outputs[0]!), dy: keep(dy!), axes, count }), null];
  },
  ...(fold && { fold: (node) => foldReduction(node, fold) }),
});

/** The builder of a reduction: over `axes` (all when left out), keeping them as axes of size 1 unless `keepdims` is 0. */
export const applyReduction =
  (op: Op<ReduceAttributes>) =>
  (
    g: Graph,
    x: Value,
    { axes, keepdims = 1 }: { readonly axes?: readonly number[]; readonly keepdims?: 0 | 1 } = {},
  ): Value =>
    g.apply(op, axes ? [x, intsValue(g, axes, "axes")] : [x], { keepdims });

const reducedAxes = ({ op, inputs: [x, axes], attributes }: Node<ReduceAttributes>): number[] | null => {
  const rank = shapeOf(x!).length;
  const given = axes ? constantInts(axes) : [];
  if (!given) return null;
  if (given.length > 0) return given.map((axis) => positiveAxis(op.type, axis, rank));
  return attributes.noop_with_empty_axes ? [] : Array.from({ length: rank }, (_, i) => i);
};

const reducedShape = (node: Node<ReduceAttributes>, keepdims: number): Shape => {
  const axes = reducedAxes(node);
  const sizes = shapeOf(node.inputs[0]!).map((n, axis) => (axes?.includes(axis) ? (keepdims ? 1 : -1) : n));
  return axes && sizes.filter((n) => n >= 0);
};

const foldReduction = (node: Node<ReduceAttributes>, f: (numbers: readonly number[]) => number): Tensor => {
  const x = tensorAt(node, 0);
  const axes = reducedAxes(node)!;
  const kept = reducedShape(node, 1)!;
  const groups = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  numbersOf(x).forEach((number, flat) => {
    const at = coordinates(flat, x.shape).map((i, axis) => (axes.includes(axis) ? 0 : i));
    groups[at.reduce((offset, i, axis) => offset * kept[axis]! + i, 0)]!.push(number);
  });
  return tensorOf(x.dtype, shapeOf(node.outputs[0]!), groups.map(f));
};
