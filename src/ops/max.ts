import type { Graph, Value } from "../graph/graph.ts";
import { extreme } from "./_extreme.ts";
import { operand, type Operand } from "./_shared.ts";

export const op = extreme("Max", Math.max);

/** The larger of two, element by element, broadcasting; equal ones share the gradient. */
export const max = (g: Graph, a: Value, b: Operand): Value => g.apply(op, [a, operand(g, b, a)], null);
