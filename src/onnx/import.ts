import { artifactError, messageOf, type HandfulError } from "../base/errors.ts";
import { ints, type DType, type Tensor } from "../graph/dtype.ts";
import { Graph, type Attribute, type AttributeKind, type Attributes, type Op, type Value } from "../graph/graph.ts";
import { ops } from "../ops/index.ts";
import {
  decodeModel,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from "./proto.ts";
import { elementType, tensorFromProto } from "./tensor.ts";
import { NEWEST_OPSET, OLDEST_OPSET, upgradeNode } from "./upgrade.ts";

/** A model file as a graph, with what the file says of itself. */
export interface ImportedModel {
  readonly graph: Graph;
  readonly metadata: Readonly<Record<string, string>>;
  /** Versions of the operator domains other than the standard one. */
  readonly domains: Readonly<Record<string, number>>;
  readonly producer: string;
}

const utf8 = new TextDecoder();
const NEWEST_IR = 13;
const known = new Map(ops.map((op) => [op.type, op]));

const refuse = (code: string, message: string, hint?: string): HandfulError =>
  artifactError(code, message, hint === undefined ? {} : { hint });

/** Parses protobuf; says so when the bytes are something else. */
const parse = (bytes: Uint8Array): ModelProto & { graph: GraphProto } => {
  const hint = "Give an ONNX model file; if it was downloaded, download it again.";
  if (bytes.length === 0) throw refuse("E_MODEL_EMPTY", "the model file is empty", hint);
  const start = utf8.decode(bytes.subarray(0, 64)).trimStart().toLowerCase();
  if (start.startsWith("<!doctype") || start.startsWith("<html"))
    throw refuse("E_MODEL_PARSE", "the model file is an HTML page, not an ONNX model", hint);
  let model: ModelProto;
  try {
    model = decodeModel(bytes);
  } catch (thrown) {
    throw artifactError("E_MODEL_PARSE", `the file is no ONNX model, or is cut off (${messageOf(thrown)})`, {
      hint,
      cause: thrown,
    });
  }
  const { graph, irVersion = 0 } = model;
  if (!graph || irVersion < 1) throw refuse("E_MODEL_PARSE", "the file holds no ONNX graph", hint);
  if (irVersion > NEWEST_IR)
    throw refuse(
      "E_MODEL_VERSION",
      `the model is written in IR version ${irVersion}; versions up to ${NEWEST_IR} can be read`,
      "Export it with an older IR version.",
    );
  return { ...model, graph };
};

const domainsOf = (model: ModelProto): { opset: number; others: Record<string, number> } => {
  const others: Record<string, number> = {};
  let opset = 0;
  for (const { domain = "", version = 0 } of model.opsetImport ?? []) {
    if (domain === "" || domain === "ai.onnx") opset = version;
    else others[domain] = version;
  }
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET)
    throw refuse(
      "E_MODEL_OPSET",
      `the model uses operator set ${opset || "none"}; sets ${OLDEST_OPSET} to ${NEWEST_OPSET} can be read`,
      "Export it again with operator set 20.",
    );
  return { opset, others };
};

/** Refuses what a classifier has no need of: control flow, functions, sparse weights. */
const checkPlain = (model: ModelProto & { graph: GraphProto }): void => {
  if (model.functions?.length)
    throw refuse(
      "E_MODEL_FUNCTIONS",
      "the model defines functions of its own, which are not supported",
      "Export it with functions inlined.",
    );
  if (model.graph.sparseInitializer?.length)
    throw refuse("E_MODEL_SPARSE", "the model has sparse weights, which are not supported");
  for (const node of model.graph.node ?? [])
    if (node.attribute?.some((a) => a.g || a.graphs?.length))
      throw refuse(
        "E_MODEL_CONTROL_FLOW",
        `node "${node.name ?? ""}" (${node.opType ?? ""}) holds a graph of its own: control flow is not supported`,
        "Export the model with fixed control flow (traced).",
      );
};

const kinds: Readonly<Record<number, AttributeKind>> = {
  1: "float",
  2: "int",
  3: "string",
  4: "tensor",
  6: "floats",
  7: "ints",
  8: "strings",
};

const attributeKind = (a: AttributeProto, node: NodeProto): AttributeKind => {
  const kind = kinds[a.type ?? 0];
  if (!kind)
    throw refuse(
      "E_MODEL_PARSE",
      `attribute "${a.name ?? ""}" of node "${node.name ?? ""}" (${node.opType ?? ""}) has an unknown type`,
    );
  return kind;
};

const attributeValue = (a: AttributeProto, kind: AttributeKind): Attribute => {
  switch (kind) {
    case "float":
      return a.f ?? 0;
    case "int":
      return a.i ?? 0;
    case "string":
      return utf8.decode(a.s);
    case "tensor":
      return tensorFromProto(a.t ?? {});
    case "floats":
      return a.floats ?? [];
    case "ints":
      return a.ints ?? [];
    case "strings":
      return (a.strings ?? []).map((s) => utf8.decode(s));
  }
};

/** The operator of a node: ours when we know it and all its attributes, else a foreign one that only passes through. */
const operatorOf = (node: NodeProto): Op => {
  const type = node.opType ?? "";
  const attributes = Object.fromEntries((node.attribute ?? []).map((a) => [a.name ?? "", attributeKind(a, node)]));
  const standard = !node.domain || node.domain === "ai.onnx";
  const ours = standard ? known.get(type) : undefined;
  if (ours && Object.keys(attributes).every((name) => ours.attributes?.[name] === attributes[name])) return ours;
  return { type, attributes, infer: "unknown", vjp: "none", ...(!standard && { domain: node.domain! }) };
};

/** Nodes so ordered that each comes after those it reads from; refuses cycles and values nobody gives. */
const sorted = (nodes: readonly NodeProto[], given: ReadonlySet<string>): NodeProto[] => {
  const ready = new Set(given);
  for (const node of nodes)
    for (const output of node.output ?? []) {
      if (output !== "" && ready.has(output)) throw refuse("E_MODEL_DUPLICATE", `two nodes give the value "${output}"`);
      if (output !== "") ready.add(output);
    }
  for (const node of nodes)
    for (const input of node.input ?? [])
      if (input !== "" && !ready.has(input))
        throw refuse(
          "E_MODEL_MISSING_INPUT",
          `node "${node.name ?? ""}" (${node.opType ?? ""}) reads "${input}", which nothing gives`,
        );
  const done = new Set(given);
  const order: NodeProto[] = [];
  let waiting = [...nodes];
  while (waiting.length > 0) {
    const later: NodeProto[] = [];
    for (const node of waiting) {
      if ((node.input ?? []).every((input) => input === "" || done.has(input))) {
        order.push(node);
        node.output?.forEach((output) => done.add(output));
      } else later.push(node);
    }
    if (later.length === waiting.length)
      throw refuse(
        "E_MODEL_CYCLE",
        `the graph has a cycle through node "${later[0]!.name ?? ""}" (${later[0]!.opType ?? ""})`,
      );
    waiting = later;
  }
  return order;
};

/** The tensor a `Constant` node holds. */
const constantTensor = (node: NodeProto): Tensor => {
  const a = node.attribute?.[0];
  if (a?.t) return tensorFromProto(a.t);
  if (a?.name === "value_int" || a?.name === "value_ints")
    return ints(a.ints ?? [a.i ?? 0], a.ints ? [a.ints.length] : []);
  if (a?.name === "value_float" || a?.name === "value_floats")
    return {
      dtype: "float32",
      shape: a.floats ? [a.floats.length] : [],
      data: Float32Array.from(a.floats ?? [a.f ?? 0]),
    };
  throw refuse("E_MODEL_PARSE", `constant node "${node.name ?? ""}" holds no tensor of numbers`);
};

const declared = (info: ValueInfoProto): { dtype: DType; dims: (number | string)[] | null } => {
  const where = `value "${info.name ?? ""}"`;
  const type = info.type?.tensorType;
  if (!type) throw refuse("E_MODEL_TYPE", `${where} is no tensor`);
  const dims = type.shape?.dim?.map((d, i) => d.dimValue ?? (d.dimParam || `dim_${i}`)) ?? (type.shape ? [] : null);
  if (dims?.some((d) => typeof d === "number" && d < 0))
    throw refuse("E_MODEL_TYPE", `${where} declares a negative size: [${dims}]`);
  return { dtype: elementType(type.elemType, where), dims };
};

const addNode = (g: Graph, values: Map<string, Value>, node: NodeProto): void => {
  if (node.opType === "Constant" && !node.domain) {
    const name = node.output?.[0] ?? "";
    values.set(name, g.constant(constantTensor(node), name));
    return;
  }
  const op = operatorOf(node);
  const attributes: Attributes = Object.fromEntries(
    (node.attribute ?? []).map((a) => [a.name ?? "", attributeValue(a, attributeKind(a, node))]),
  );
  const inputs = (node.input ?? []).map((name) => (name === "" ? null : values.get(name)!));
  const names = node.output ?? [];
  while (names.at(-1) === "") names.pop();
  const made = g.add(op, inputs, op.attributes ? attributes : null, names, node.name || undefined);
  names.forEach((name, i) => name !== "" && values.set(name, made.outputs[i]!));
};

/**
 * Reads the bytes of an ONNX model file into a graph of operator set 20.
 *
 * Operators that the shelf `ops` does not know pass through: they can be run, not differentiated.
 * @throws HandfulError of kind "damaged": not ONNX, cut off, cyclic, control flow, external data, unknown versions
 */
export const importModel = (bytes: Uint8Array): ImportedModel => {
  const model = parse(bytes);
  const { opset, others } = domainsOf(model);
  checkPlain(model);
  const proto = model.graph;
  if (!proto.output?.length) throw refuse("E_MODEL_OUTPUTS", "the model has no outputs");
  const g = new Graph(proto.name || "graph");
  const values = new Map<string, Value>();
  for (const tensor of proto.initializer ?? [])
    values.set(tensor.name ?? "", g.constant(tensorFromProto(tensor), tensor.name ?? ""));
  for (const info of proto.input ?? []) {
    const name = info.name ?? "";
    if (values.has(name)) continue; // before IR version 4, weights were listed among the inputs
    const { dtype, dims } = declared(info);
    values.set(name, g.input(name, dtype, dims));
  }
  let added = 0;
  const upgraded = (proto.node ?? []).map((node) =>
    upgradeNode(node, opset, (suffix) => `upgraded_${added++}_${suffix}`),
  );
  for (const tensor of upgraded.flatMap((u) => u.constants))
    values.set(tensor.name!, g.constant(tensorFromProto(tensor), tensor.name!));
  for (const node of sorted(
    upgraded.flatMap((u) => u.nodes),
    new Set(values.keys()),
  ))
    addNode(g, values, node);
  for (const info of proto.output) {
    const value = values.get(info.name ?? "");
    if (!value) throw refuse("E_MODEL_OUTPUTS", `output "${info.name ?? ""}" is given by nothing`);
    const { dtype, dims } = declared(info);
    if (!value.constant) value.dtype = dtype;
    g.output(value, undefined, dims ?? undefined);
  }
  return {
    graph: g,
    metadata: Object.fromEntries((model.metadataProps ?? []).map(({ key = "", value = "" }) => [key, value])),
    domains: others,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
  };
};

/** Types of the operators in a graph that can be run but not understood, each once, sorted. */
export const foreignOperators = (graph: Graph): string[] =>
  [
    ...new Set(
      graph.nodes
        .filter((n) => n.op.infer === "unknown")
        .map((n) => (n.op.domain ? `${n.op.domain}.${n.op.type}` : n.op.type)),
    ),
  ].sort();
