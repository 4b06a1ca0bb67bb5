import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { constantInts, intsValue, rearrange, tensorAt } from "./_shared.ts";
import { reduceSum } from "./reduce-sum.ts";
import { reshape } from "./reshape.ts";

export const op: Op<null> = {
  type: "Tile",
  infer: ({ inputs: [x, repeats] }) => {
    const times = constantInts(repeats);
    return [times && shapeOf(x!).map((n, axis) => n * times[axis]!)];
  },
  // each axis as [copies, n], summed over the copies
  vjp: (g, { inputs: [x, repeats] }, [dy]) => {
    const [shape, times] = [shapeOf(x!), constantInts(repeats)];
    if (!times) throw shapeError("Tile", "constant repeats, for a gradient", "repeats computed in the graph");
    const copies = reshape(
      g,
      dy!,
      shape.flatMap((n, axis) => [times[axis]!, n]),
    );
    return [reduceSum(g, copies, { axes: shape.map((_, axis) => 2 * axis), keepdims: 0 }), null];
  },
  fold: (node) => {
    const x = tensorAt(node, 0);
    return rearrange(x, shapeOf(node.outputs[0]!), (at) => at.map((i, axis) => i % x.shape[axis]!));
  },
};

/** Copies of x laid side by side, `repeats` along each axis. */
export const tile = (g: Graph, x: Value, repeats: readonly number[]): Value =>
  g.apply(op, [x, intsValue(g, repeats, "repeats")], null);
