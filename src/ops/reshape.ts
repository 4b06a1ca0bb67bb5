import { shapeError } from "../base/errors.ts";
import { sizeOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, foldKeeping, intsValue, type AttributesOf } from "./_shared.ts";

export const op: Op<AttributesOf<{ allowzero: number }>> = {
  type: "Reshape",
  attributes: { allowzero: "int" },
  infer: ({ inputs: [x, shape], attributes: { allowzero } }) => {
    const [from, wanted] = [shapeOf(x!), constantInts(shape)];
    if (!wanted) return [null];
    const sizes = wanted.map((n, axis) => (n === 0 && !allowzero ? (from[axis] ?? 0) : n));
    const rest = sizeOf(from) / sizeOf(sizes.filter((n) => n !== -1));
    const to = sizes.map((n) => (n === -1 ? rest : n));
    if (sizeOf(to) !== sizeOf(from) || !to.every(Number.isInteger))
      throw shapeError("Reshape", `a shape of ${sizeOf(from)} elements, as [${from}] has`, `[${wanted}]`);
    return [to];
  },
  vjp: (g, { inputs: [x] }, [dy]) => [reshape(g, dy!, shapeOf(x!)), null],
  fold: foldKeeping,
};

/** The same elements in another shape; one size may be -1 (what remains), 0 keeps the input's size on that axis. */
export const reshape = (g: Graph, x: Value, shape: Value | readonly number[]): Value =>
  g.apply(op, [x, intsValue(g, shape, "shape")], {});
