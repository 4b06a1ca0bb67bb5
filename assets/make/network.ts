import { encodeModel, type AttributeProto, type NodeProto, type TensorProto } from "../../src/onnx/proto.ts";
import { tensorToProto } from "../../src/onnx/tensor.ts";

type AttributeValue = number | readonly number[];

const attributeOf = (name: string, value: AttributeValue): AttributeProto =>
  typeof value === "number" ? { name, i: value, type: 2 } : { name, ints: [...value], type: 7 };

/** Nodes and weights of a network in the making; values are named by their texts. */
export interface Net {
  readonly nodes: NodeProto[];
  readonly weights: TensorProto[];
}

export const emptyNet = (): Net => ({ nodes: [], weights: [] });

/** Adds a node whose one output is `output`, and gives that name back. */
export const apply = (
  net: Net,
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): string => {
  net.nodes.push({
    input: [...inputs],
    output: [output],
    name: `${opType}:${output}`,
    opType,
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  });
  return output;
};

/** Adds a float constant. */
export const constant = (net: Net, name: string, shape: readonly number[], data: Float32Array): string => {
  net.weights.push(tensorToProto({ dtype: "float32", shape, data }, name));
  return name;
};

export const shapeConstant = (net: Net, name: string, sizes: readonly number[]): string => {
  net.weights.push(
    tensorToProto({ dtype: "int64", shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) }, name),
  );
  return name;
};

/**
 * Adds a weight kept as int8 with one float scale per row (first axis), widened in the graph: w = scale * q.
 * Runtimes fold the widening when they load the model.
 */
export const packedWeight = (net: Net, name: string, shape: readonly number[], data: Float32Array): string => {
  const rows = shape[0]!;
  const length = data.length / rows;
  const scales = new Float32Array(rows);
  const packed = new Int8Array(data.length);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * length, (i + 1) * length);
    const scale = Math.fround(row.reduce((largest, w) => Math.max(largest, Math.abs(w)), 1e-12) / 127);
    scales[i] = scale;
    for (let j = 0; j < length; j++) packed[i * length + j] = Math.round(row[j]! / scale);
  }
  net.weights.push(tensorToProto({ dtype: "int8", shape, data: packed }, `${name}_int8`));
  const scale = constant(net, `${name}_scale`, [rows, ...shape.slice(1).map(() => 1)], scales);
  return apply(net, "Mul", [apply(net, "Cast", [`${name}_int8`], `${name}_wide`, { to: 1 }), scale], name);
};

/**
 * Adds local contrast normalisation: each pixel minus the mean grey of the box around it, divided by the box's
 * deviation, sqrt(variance + floor); colour is kept. Near the border the box is cut off.
 */
export const contrastNormalise = (
  net: Net,
  input: string,
  tag: string,
  options: { box: number; floor: number },
): string => {
  const half = (options.box - 1) / 2;
  const box = { kernel_shape: [options.box, options.box], strides: [1, 1], pads: [half, half, half, half] };
  const grey = apply(net, "ReduceMean", [input], `${tag}_grey`, { axes: [1], keepdims: 1 });
  const mean = apply(net, "AveragePool", [grey], `${tag}_mean`, box);
  const centred = apply(net, "Sub", [input, mean], `${tag}_centred`);
  const squares = apply(net, "Mul", [centred, centred], `${tag}_squares`);
  const energy = apply(net, "ReduceMean", [squares], `${tag}_energy`, { axes: [1], keepdims: 1 });
  const variance = apply(net, "AveragePool", [energy], `${tag}_variance`, box);
  const floor = constant(net, `${tag}_floor`, [1], Float32Array.of(options.floor));
  const raised = apply(net, "Add", [variance, floor], `${tag}_raised`);
  return apply(net, "Div", [centred, apply(net, "Sqrt", [raised], `${tag}_deviation`)], `${tag}_contrast`);
};

/** The model's bytes: input `input` [n, 3, size, size], outputs as named with their shapes; operator set 17. */
export const modelBytes = (
  net: Net,
  io: {
    readonly input: readonly (number | string)[];
    readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
    readonly metadata?: Readonly<Record<string, string>>;
  },
): Uint8Array => {
  const valueOf = (name: string, shape: readonly (number | string)[]) => ({
    name,
    type: {
      tensorType: {
        elemType: 1,
        shape: { dim: shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) },
      },
    },
  });
  return encodeModel({
    irVersion: 8,
    producerName: "handful",
    graph: {
      name: "handful-mini",
      node: net.nodes,
      initializer: net.weights,
      input: [valueOf("input", io.input)],
      output: Object.entries(io.outputs).map(([name, shape]) => valueOf(name, shape)),
    },
    opsetImport: [{ domain: "", version: 17 }],
    metadataProps: Object.entries(io.metadata ?? {}).map(([key, value]) => ({ key, value })),
  });
};
