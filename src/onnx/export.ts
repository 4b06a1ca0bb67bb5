import { internalError } from "../base/errors.ts";
import type { Attribute, AttributeKind, Graph, Node, Value } from "../graph/graph.ts";
import type { Tensor } from "../graph/dtype.ts";
import { encodeModel, type AttributeProto, type NodeProto, type ValueInfoProto } from "./proto.ts";
import { elementCode, tensorToProto } from "./tensor.ts";

/** The operator-set version of the standard domain that every graph is written in. */
export const OPSET = 20;
const IR_VERSION = 9;

export interface ExportOptions {
  /** Key/value strings of the file's `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Versions of foreign operator domains, as they were imported. */
  readonly domains?: Readonly<Record<string, number>>;
}

const utf8 = new TextEncoder();

const attributeProto = (name: string, kind: AttributeKind, value: Attribute): AttributeProto => {
  switch (kind) {
    case "int":
      return { name, type: 2, i: value as number };
    case "float":
      return { name, type: 1, f: value as number };
    case "string":
      return { name, type: 3, s: utf8.encode(value as string) };
    case "tensor":
      return { name, type: 4, t: tensorToProto(value as Tensor) };
    case "floats":
      return { name, type: 6, floats: [...(value as readonly number[])] };
    case "ints":
      return { name, type: 7, ints: [...(value as readonly number[])] };
    case "strings":
      return { name, type: 8, strings: (value as readonly string[]).map((s) => utf8.encode(s)) };
  }
};

const nodeProto = (node: Node): NodeProto => {
  const inputs = node.inputs.map((v) => v?.name ?? "");
  while (inputs.at(-1) === "") inputs.pop();
  const attributes = Object.entries(node.attributes ?? {}).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const kind = node.op.attributes?.[name];
    if (!kind) throw internalError(`operator ${node.op.type} does not declare its attribute "${name}"`);
    return [attributeProto(name, kind, value)];
  });
  return {
    input: inputs,
    output: node.outputs.map((v) => v.name),
    name: node.name,
    opType: node.op.type,
    ...(attributes.length > 0 && { attribute: attributes }),
    ...(node.op.domain && { domain: node.op.domain }),
  };
};

const valueInfo = (value: Value): ValueInfoProto => {
  const dims = value.shape ?? value.dims;
  return {
    name: value.name,
    type: {
      tensorType: {
        elemType: elementCode(value.dtype),
        ...(dims && { shape: { dim: dims.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) } }),
      },
    },
  };
};

/** The constants a graph uses, each once, in order of first use. */
const constantsOf = (graph: Graph): Value[] => {
  const used = new Set<Value>();
  const visit = (value: Value | null): void => {
    if (value?.constant) used.add(value);
  };
  for (const node of graph.nodes) node.inputs.forEach(visit);
  graph.outputs.forEach(visit);
  return [...used];
};

/** Writes a graph as the bytes of an ONNX model file, in operator set 20. */
export const exportModel = (graph: Graph, options: ExportOptions = {}): Uint8Array =>
  encodeModel({
    irVersion: IR_VERSION,
    producerName: "handful",
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer: constantsOf(graph).map((v) => tensorToProto(v.constant!, v.name)),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
    opsetImport: [
      { domain: "", version: OPSET },
      ...Object.entries(options.domains ?? {}).map(([domain, version]) => ({ domain, version })),
    ],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
  });
