import { sizeOf, type Tensor } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { createCopier } from "../graph/graft.ts";
import { cast } from "../ops/cast.ts";

/** The bits of the float16 nearest to the float32 of given bits, halves to even; beyond 65504 infinity. */
export const halfBits = (bits: number): number => {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent >= 31) return sign | (exponent === 143 && mantissa > 0 ? 0x7e00 : 0x7c00);
  if (exponent < -10) return sign;
  // below 2^-14 the leading 1 is written out and everything moves down
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const whole = exponent > 0 ? (exponent << 23) | mantissa : mantissa | 0x800000;
  const rest = whole & ((1 << shift) - 1);
  const down = whole >>> shift;
  const half = 1 << (shift - 1);
  return sign | (down + (rest > half || (rest === half && down % 2 === 1) ? 1 : 0));
};

const INFINITE = 0x7c00;

/** Tensors with fewer elements, and vectors, stay: they save nothing. */
const LEAST_ELEMENTS = 256;

/** The tensor in float16, or null where it is none that could be halved without a number becoming infinite. */
const halved = ({ dtype, shape, data }: Tensor): Tensor | null => {
  const size = sizeOf(shape);
  if (dtype !== "float32" || size < LEAST_ELEMENTS || shape.includes(size)) return null;
  const { buffer, byteOffset } = data as Float32Array;
  const bits = Uint16Array.from(new Uint32Array(buffer, byteOffset, size), halfBits);
  return bits.some((b) => (b & INFINITE) === INFINITE) ? null : { dtype: "float16", shape, data: bits };
};

/**
 * The graph with its large float32 constants stored in float16 and cast back when the model is loaded: half the size,
 * the same operators, the same speed. ONNX Runtime computes in float32 on processors.
 *
 * @returns how many constants were halved, and the bytes that saves, too
 */
export const halveWeights = (source: Graph): { graph: Graph; halved: number; savedBytes: number } => {
  const graph = new Graph(source.name);
  const bind = new Map<Value, Value>();
  for (const v of source.inputs) bind.set(v, graph.input(v.name, v.dtype, v.dims ?? v.shape));
  const { at, copy } = createCopier(graph, bind);
  let [count, savedBytes] = [0, 0];
  const constants = new Set(source.nodes.flatMap((node) => node.inputs.filter((v) => v?.constant)));
  for (const value of constants) {
    const tensor = halved(value!.constant!);
    if (!tensor) continue;
    bind.set(value!, cast(graph, graph.constant(tensor, value!.name), "float32"));
    count += 1;
    savedBytes += 2 * sizeOf(tensor.shape);
  }
  for (const node of source.nodes) copy(node);
  for (const v of source.outputs) graph.output(at(v), undefined, v.dims);
  return { graph, halved: count, savedBytes };
};
