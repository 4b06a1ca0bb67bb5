import type { Graph, Op, Value } from "../graph/graph.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { step } from "./hard-sigmoid.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce-sum.ts";
import { broadcastInputs, foldElementwise } from "./_shared.ts";
import type { ReductionParts } from "./_reduction.ts";
import { sub } from "./sub.ts";

/** 1 where x equals the extreme y, else 0. */
const equals = (g: Graph, x: Value, y: Value): Value => sub(g, 1, step(g, abs(g, sub(g, x, y))));

/** The largest or smallest of several tensors, element by element; equal ones share the gradient. */
export const extreme = (type: string, fold: (a: number, b: number) => number): Op<null> => ({
  type,
  infer: broadcastInputs,
  vjp: (g, { inputs, outputs: [y] }, [dy]) => {
    const chosen = inputs.map((x) => equals(g, x!, y!));
    const share = div(
      g,
      dy!,
      chosen.reduce((sum, c) => add(g, sum, c)),
    );
    return chosen.map((c) => mul(g, c, share));
  },
  fold: (node) => foldElementwise(node, (xs) => xs.reduce((a, b) => fold(a, b))),
});

/** The gradient of a maximum or minimum over axes: to the elements that equal it, in equal parts. */
export const sharedAmongEqual = (g: Graph, { x, y, dy, axes }: ReductionParts): Value => {
  const chosen = equals(g, x, y);
  return mul(g, chosen, div(g, dy, reduceSum(g, chosen, { axes })));
};
