import { artifactError } from "../base/errors.ts";
import { sizeOf, type DType, type NumericArray, type Tensor } from "../graph/dtype.ts";
import type { TensorProto } from "./proto.ts";

/** ONNX's numbers for element types (TensorProto.DataType). */
const codes: readonly (readonly [DType, number])[] = [
  ["float32", 1],
  ["uint8", 2],
  ["int8", 3],
  ["int32", 6],
  ["int64", 7],
  ["string", 8],
  ["bool", 9],
  ["float16", 10],
  ["float64", 11],
];
const codeOf = new Map(codes);
const dtypeOfCode = new Map(codes.map(([dtype, code]) => [code, dtype]));

/** ONNX's number for an element type. */
export const elementCode = (dtype: DType): number => codeOf.get(dtype)!;

/** The element type behind ONNX's number; refuses those the graph does not know. */
export const elementType = (code: number | undefined, where: string): DType => {
  const dtype = dtypeOfCode.get(code ?? 0);
  if (dtype) return dtype;
  throw artifactError("E_MODEL_TYPE", `${where}: element type ${code ?? "missing"} of ONNX is not supported`, {
    hint: `Supported: ${codes.map(([name]) => name).join(", ")}.`,
  });
};

const arrayOf: Record<
  Exclude<DType, "string">,
  { new (buffer: ArrayBuffer): NumericArray; readonly BYTES_PER_ELEMENT: number }
> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const typedData = (proto: TensorProto, dtype: Exclude<DType, "string">): NumericArray => {
  if (proto.rawData) {
    const copy = new Uint8Array(proto.rawData); // aligned, and free of the file's buffer
    const ArrayType = arrayOf[dtype];
    if (copy.byteLength % ArrayType.BYTES_PER_ELEMENT !== 0)
      throw artifactError(
        "E_MODEL_WEIGHTS",
        `tensor ${proto.name ?? ""}: ${copy.byteLength} bytes are no whole number of ${dtype} elements`,
      );
    return new ArrayType(copy.buffer);
  }
  if (dtype === "float32") return Float32Array.from(proto.floatData ?? []);
  if (dtype === "float64") return Float64Array.from(proto.doubleData ?? []);
  if (dtype === "int64") return BigInt64Array.from(proto.int64Data ?? [], BigInt);
  const numbers = proto.int32Data ?? [];
  return dtype === "int32"
    ? Int32Array.from(numbers)
    : dtype === "float16"
      ? Uint16Array.from(numbers)
      : dtype === "int8"
        ? Int8Array.from(numbers)
        : Uint8Array.from(numbers);
};

/** A tensor from its protobuf form; refuses data kept outside the file and sizes that do not fit. */
export const tensorFromProto = (proto: TensorProto): Tensor => {
  const where = `tensor "${proto.name ?? ""}"`;
  if ((proto.dataLocation ?? 0) !== 0 || proto.externalData?.length)
    throw artifactError("E_MODEL_EXTERNAL_DATA", `${where} keeps its data outside the model file, which is refused`, {
      hint: "Save the model as one file, with all weights inside.",
    });
  const shape = proto.dims ?? [];
  if (shape.some((n) => !Number.isInteger(n) || n < 0))
    throw artifactError("E_MODEL_WEIGHTS", `${where}: sizes [${shape}] are not whole numbers from 0 up`);
  const dtype = elementType(proto.dataType, where);
  const data =
    dtype === "string" ? (proto.stringData ?? []).map((s) => new TextDecoder().decode(s)) : typedData(proto, dtype);
  if (data.length !== sizeOf(shape))
    throw artifactError(
      "E_MODEL_WEIGHTS",
      `${where}: shape [${shape}] wants ${sizeOf(shape)} elements, the file holds ${data.length}`,
    );
  return { dtype, shape, data };
};

/** The protobuf form of a tensor. */
export const tensorToProto = ({ dtype, shape, data }: Tensor, name?: string): TensorProto => {
  const head = { ...(name !== undefined && { name }), dims: [...shape], dataType: elementCode(dtype) };
  if (dtype === "string")
    return { ...head, stringData: (data as readonly string[]).map((s) => new TextEncoder().encode(s)) };
  const { buffer, byteOffset, byteLength } = data as NumericArray;
  return { ...head, rawData: new Uint8Array(buffer, byteOffset, byteLength) };
};
