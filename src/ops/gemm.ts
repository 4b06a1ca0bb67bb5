import { shapeError } from "../base/errors.ts";
import { shapeOf, type Graph, type Op, type Value } from "../graph/graph.ts";
import { broadcastShapes, type AttributesOf } from "./_shared.ts";
import { mul } from "./mul.ts";

interface Options {
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  /** 1 to transpose `a`. */
  readonly transA?: number | undefined;
  /** 1 to transpose `b`. */
  readonly transB?: number | undefined;
}

export const op: Op<AttributesOf<Options>> = {
  type: "Gemm",
  attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
  infer: ({ inputs: [a, b, c], attributes: { transA = 0, transB = 0 } }) => {
    const [x, y] = [shapeOf(a!), shapeOf(b!)];
    const [m, k] = transA ? [x[1]!, x[0]!] : [x[0]!, x[1]!];
    const [l, n] = transB ? [y[1]!, y[0]!] : [y[0]!, y[1]!];
    if (x.length !== 2 || y.length !== 2 || k !== l)
      throw shapeError("Gemm", "[m, k] x [k, n]", `[${m}, ${k}] x [${l}, ${n}]`);
    return [c ? broadcastShapes("Gemm", [m, n], shapeOf(c)) : [m, n]];
  },
  // y = alpha A B + beta C, with A = a or aᵀ, B = b or bᵀ   =>   dA = alpha dy Bᵀ,  dB = alpha Aᵀ dy,  dC = beta dy
  vjp: (g, { inputs: [a, b, c], attributes }, [dy]) => {
    const { alpha = 1, beta = 1, transA = 0, transB = 0 } = attributes;
    const da = transA
      ? gemm(g, [b!, dy!], { alpha, transA: transB, transB: 1 })
      : gemm(g, [dy!, b!], { alpha, transB: 1 - transB });
    const db = transB
      ? gemm(g, [dy!, a!], { alpha, transA: 1, transB: transA })
      : gemm(g, [a!, dy!], { alpha, transA: 1 - transA });
    return [da, db, c ? (beta === 1 ? dy! : mul(g, dy!, beta)) : null];
  },
};

/** alpha a b + beta c for matrices: a [m, k], b [k, n], c broadcasting to [m, n]. */
export const gemm = (g: Graph, [a, b, c]: readonly [a: Value, b: Value, c?: Value], options: Options = {}): Value =>
  g.apply(op, c ? [a, b, c] : [a, b], { ...options });
