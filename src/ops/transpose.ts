import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { rearrange, tensorAt, type AttributesOf } from "./_shared.ts";

type TransposeAttributes = AttributesOf<{ perm: readonly number[] }>;

const reversed = (rank: number): number[] => Array.from({ length: rank }, (_, i) => rank - 1 - i);

export const op: Op<TransposeAttributes> = {
  type: "Transpose",
  attributes: { perm: "ints" },
  infer: ({ inputs: [x], attributes }) => {
    const shape = shapeOf(x!);
    const perm = attributes.perm ?? reversed(shape.length);
    if (
      perm.length !== shape.length ||
      new Set(perm).size !== shape.length ||
      perm.some((axis) => shape[axis] === undefined)
    )
      throw shapeError("Transpose", `a permutation of ${shape.length} axes`, `[${perm}]`);
    return [perm.map((axis) => shape[axis]!)];
  },
  // y[perm(i)] = x[i]   =>   dx = dy transposed by the inverse permutation
  vjp: (g, { attributes: { perm } }, [dy]) => [
    transpose(
      g,
      dy!,
      perm?.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
  fold: (node) => {
    const x = tensorAt(node, 0);
    const perm = node.attributes.perm ?? reversed(x.shape.length);
    return rearrange(x, shapeOf(node.outputs[0]!), (at) => x.shape.map((_, axis) => at[perm.indexOf(axis)]!));
  },
};

/** Axes reordered: output axis i is input axis `perm[i]`; without `perm`, all axes in reverse. */
export const transpose = (g: Graph, x: Value, perm?: readonly number[]): Value =>
  g.apply(op, [x], perm ? { perm } : {});

/** The last two axes swapped: [… m, n] -> [… n, m]. */
export const swapLastTwo = (g: Graph, x: Value): Value => {
  const rank = shapeOf(x).length;
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return transpose(g, x, perm);
};
