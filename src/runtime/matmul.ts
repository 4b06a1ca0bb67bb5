import { matrix, type Matrix } from "../base/matrix.ts";
import { Graph, type Op } from "../graph/graph.ts";
import { exportModel } from "../onnx/export.ts";
import { openSession, type Session } from "./node.ts";

/** Big matrix products through ONNX Runtime. Must be closed. */
export interface MatrixProduct {
  /** `op(a) op(b)`, where op transposes when asked; -> [rows of op(a), columns of op(b)]. */
  multiply(a: Matrix, b: Matrix, transpose?: { readonly a?: boolean; readonly b?: boolean }): Promise<Matrix>;
  close(): Promise<void>;
}

const gemm: Op<{ readonly transA: number; readonly transB: number }> = {
  type: "Gemm",
  attributes: { transA: "int", transB: "int" },
  infer: "unknown",
  vjp: "none",
};

const gemmModel = (transA: number, transB: number): Uint8Array => {
  const g = new Graph("product");
  const a = g.input("a", "float32", ["rows_a", "columns_a"]);
  const b = g.input("b", "float32", ["rows_b", "columns_b"]);
  g.output(g.apply(gemm, [a, b], { transA, transB }), "y", ["m", "n"]);
  return exportModel(g);
};

/** Opens the product; sessions for the four transpositions are made when first needed. */
export const openMatrixProduct = (threads?: number): MatrixProduct => {
  const sessions = new Map<string, Promise<Session>>();
  const sessionFor = (transA: number, transB: number): Promise<Session> => {
    const key = `${transA}${transB}`;
    const known = sessions.get(key);
    if (known) return known;
    const opened = openSession(gemmModel(transA, transB), {
      spin: false,
      arena: false,
      ...(threads !== undefined && { threads }),
    });
    sessions.set(key, opened);
    return opened;
  };
  const tensor = (m: Matrix) => ({ dtype: "float32" as const, shape: [m.rows, m.columns], data: m.data });
  return {
    multiply: async (a, b, transpose = {}) => {
      const session = await sessionFor(transpose.a ? 1 : 0, transpose.b ? 1 : 0);
      const { y } = await session.run({ a: tensor(a), b: tensor(b) });
      return matrix(y!.shape[0]!, y!.shape[1]!, y!.data as Float32Array);
    },
    close: async () => {
      for (const session of sessions.values()) await (await session).close();
      sessions.clear();
    },
  };
};
