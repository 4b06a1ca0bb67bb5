import { isFloat, type DType } from "../graph/dtype.ts";
import type { Graph, Op, Value } from "../graph/graph.ts";
import { foldKeeping, sameShape, type AttributesOf } from "./_shared.ts";

/** ONNX's numbers for element types (TensorProto.DataType). */
const codes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
} as const satisfies Record<DType, number>;
const dtypeOf = new Map(Object.entries(codes).map(([dtype, code]) => [code as number, dtype as DType]));

export const op: Op<AttributesOf<{ to: number; saturate: number }>> = {
  type: "Cast",
  attributes: { to: "int", saturate: "int" },
  infer: sameShape,
  dtypes: ({ attributes: { to = codes.float32 } }) => [dtypeOf.get(to) ?? "float32"],
  vjp: (g, { inputs: [x] }, [dy]) => [isFloat(x!.dtype) ? cast(g, dy!, x!.dtype) : null],
  fold: foldKeeping,
};

/** The elements as another type; floats lose their fraction as whole numbers. */
export const cast = (g: Graph, x: Value, dtype: DType): Value => g.apply(op, [x], { to: codes[dtype] });
