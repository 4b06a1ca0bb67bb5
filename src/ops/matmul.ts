import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { broadcastShapes } from "./_shared.ts";
import { swapLastTwo } from "./transpose.ts";

export const op: Op<null> = {
  type: "MatMul",
  infer: ({ inputs: [a, b] }) => {
    const [x, y] = [shapeOf(a!), shapeOf(b!)];
    if (x.length < 2 || y.length < 2 || x.at(-1) !== y.at(-2))
      throw shapeError("MatMul", "[…, m, k] x […, k, n]", `[${x}] x [${y}]`);
    return [[...broadcastShapes("MatMul", x.slice(0, -2), y.slice(0, -2)), x.at(-2)!, y.at(-1)!]];
  },
  // y = a b   =>   da = dy bᵀ,  db = aᵀ dy
  vjp: (g, { inputs: [a, b] }, [dy]) => [matmul(g, dy!, swapLastTwo(g, b!)), matmul(g, swapLastTwo(g, a!), dy!)],
};

/** Matrix product, batched over leading axes with broadcasting. `a`: [… m, k], `b`: [… k, n] -> [… m, n]. */
export const matmul = (g: Graph, a: Value, b: Value): Value => g.apply(op, [a, b], null);
