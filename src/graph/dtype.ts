import { internalError } from "../base/errors.ts";

/** Element types the graph knows, named as in ONNX (`float` is float32). */
export type DType = "float32" | "float64" | "float16" | "int64" | "int32" | "int8" | "uint8" | "bool" | "string";

export type NumericArray =
  | Float32Array
  | Float64Array
  | Uint16Array // float16 bits
  | BigInt64Array
  | Int32Array
  | Int8Array
  | Uint8Array; // also bool: 0 or 1

/** A dense array of known shape, row-major. Strings occur only as labels that pass through. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: NumericArray | readonly string[];
}

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A float32 tensor. */
export const floats = (shape: readonly number[], data: Float32Array | readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
});

/** An int64 tensor; a vector unless a shape is given. */
export const ints = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor => ({
  dtype: "int64",
  shape,
  data: BigInt64Array.from(data, BigInt),
});

/** A tensor of the given type from plain numbers; fractions are cut off for integers, booleans are 0 or 1. */
export const tensorOf = (dtype: DType, shape: readonly number[], numbers: readonly number[]): Tensor => {
  if (dtype === "string" || dtype === "float16") throw internalError(`tensors of ${dtype} are not made from numbers`);
  return { dtype, shape, data: arrays[dtype](numbers) };
};

const toInt64 = (n: number): bigint => (n >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(Math.trunc(n)));

const arrays: Readonly<Record<Exclude<DType, "string" | "float16">, (numbers: readonly number[]) => NumericArray>> = {
  float32: (numbers) => Float32Array.from(numbers),
  float64: (numbers) => Float64Array.from(numbers),
  int64: (numbers) => BigInt64Array.from(numbers, toInt64),
  int32: (numbers) => Int32Array.from(numbers),
  int8: (numbers) => Int8Array.from(numbers),
  uint8: (numbers) => Uint8Array.from(numbers),
  bool: (numbers) => Uint8Array.from(numbers, (n) => (n === 0 ? 0 : 1)),
};

/** The elements of a numeric tensor as plain numbers. */
export const numbersOf = (tensor: Tensor): number[] => Array.from(tensor.data as ArrayLike<number | bigint>, Number);

/** Whether the element type is a floating-point one, the only ones that carry gradients. */
export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64" || dtype === "float16";
