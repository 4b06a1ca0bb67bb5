import type { Graph, Op, Value } from "../graph/graph.ts";
import { broadcastInputs, foldElementwise, operand, type AttributesOf, type Operand } from "./_shared.ts";

export const op: Op<AttributesOf<{ fmod: number }>> = {
  type: "Mod",
  attributes: { fmod: "int" },
  infer: broadcastInputs,
  vjp: "none",
  fold: (node) => foldElementwise(node, ([a, b]) => (node.attributes.fmod ? a! % b! : a! - b! * Math.floor(a! / b!))),
};

/** What remains when whole numbers are divided, with the sign of the divisor. */
export const mod = (g: Graph, a: Value, b: Operand): Value => g.apply(op, [a, operand(g, b, a)], { fmod: 0 });
