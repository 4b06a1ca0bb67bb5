import { tensorOf } from "../graph/dtype.ts";
import type { Graph, Node, Op, Value } from "../graph/graph.ts";
import { constantInts } from "./_shared.ts";

/** Start, step and length; null when one of them is no constant. */
const progression = ({ inputs }: Node): { start: number; step: number; length: number } | null => {
  const [start, limit, step] = inputs.map((v) => constantInts(v)?.[0]);
  if (start === undefined || limit === undefined || step === undefined) return null;
  return { start, step, length: Math.max(0, Math.ceil((limit - start) / step)) };
};

export const op: Op<null> = {
  type: "Range",
  infer: (node) => {
    const found = progression(node);
    return [found && [found.length]];
  },
  vjp: "none",
  fold: (node) => {
    const { start, step, length } = progression(node)!;
    return tensorOf(
      node.outputs[0]!.dtype,
      [length],
      Array.from({ length }, (_, i) => start + i * step),
    );
  },
};

/** Numbers from `start` up to, but not, `limit`. */
export const range = (g: Graph, start: Value, limit: Value, step: Value): Value =>
  g.apply(op, [start, limit, step], null);
