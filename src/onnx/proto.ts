import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * The part of ONNX's protobuf schema that Handful reads and writes, as field tables.
 * Field numbers are those of onnx.proto (IR version 10). Fields not listed are skipped when reading.
 */
type Scalar = "int64" | "int32" | "float" | "double" | "string" | "bytes";
type Field = readonly [number: number, kind: Scalar | Schema, repeated?: "repeated"];
interface Schema {
  readonly [field: string]: Field;
}

export interface DimensionProto {
  dimValue?: number;
  dimParam?: string;
}
export interface TypeProto {
  tensorType?: { elemType?: number; shape?: { dim?: DimensionProto[] } };
}
export interface ValueInfoProto {
  name?: string;
  type?: TypeProto;
}
export interface TensorProto {
  dims?: number[];
  dataType?: number;
  floatData?: number[];
  int32Data?: number[];
  stringData?: Uint8Array[];
  int64Data?: number[];
  name?: string;
  rawData?: Uint8Array;
  doubleData?: number[];
  uint64Data?: number[];
  externalData?: StringEntryProto[];
  dataLocation?: number;
}
export interface AttributeProto {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  graphs?: GraphProto[];
  type?: number;
  refAttrName?: string;
}
export interface NodeProto {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  attribute?: AttributeProto[];
  domain?: string;
}
export interface GraphProto {
  node?: NodeProto[];
  name?: string;
  initializer?: TensorProto[];
  sparseInitializer?: Uint8Array[];
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}
export interface StringEntryProto {
  key?: string;
  value?: string;
}
export interface ModelProto {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  modelVersion?: number;
  docString?: string;
  graph?: GraphProto;
  opsetImport?: { domain?: string; version?: number }[];
  metadataProps?: StringEntryProto[];
  functions?: Uint8Array[];
}

const dimension: Schema = { dimValue: [1, "int64"], dimParam: [2, "string"] };
const tensorType: Schema = { elemType: [1, "int32"], shape: [2, { dim: [1, dimension, "repeated"] }] };
const valueInfo: Schema = { name: [1, "string"], type: [2, { tensorType: [1, tensorType] }] };
const stringEntry: Schema = { key: [1, "string"], value: [2, "string"] };
const tensor: Schema = {
  dims: [1, "int64", "repeated"],
  dataType: [2, "int32"],
  floatData: [4, "float", "repeated"],
  int32Data: [5, "int32", "repeated"],
  stringData: [6, "bytes", "repeated"],
  int64Data: [7, "int64", "repeated"],
  name: [8, "string"],
  rawData: [9, "bytes"],
  doubleData: [10, "double", "repeated"],
  uint64Data: [11, "int64", "repeated"],
  externalData: [13, stringEntry, "repeated"],
  dataLocation: [14, "int32"],
};
// Attributes hold graphs and graphs hold nodes with attributes: the two tables refer to each other.
const graph: Record<string, Field> = {};
const attribute: Schema = {
  name: [1, "string"],
  f: [2, "float"],
  i: [3, "int64"],
  s: [4, "bytes"],
  t: [5, tensor],
  g: [6, graph],
  floats: [7, "float", "repeated"],
  ints: [8, "int64", "repeated"],
  strings: [9, "bytes", "repeated"],
  graphs: [11, graph, "repeated"],
  type: [20, "int32"],
  refAttrName: [21, "string"],
};
const node: Schema = {
  input: [1, "string", "repeated"],
  output: [2, "string", "repeated"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, attribute, "repeated"],
  domain: [7, "string"],
};
Object.assign(graph, {
  node: [1, node, "repeated"],
  name: [2, "string"],
  initializer: [5, tensor, "repeated"],
  input: [11, valueInfo, "repeated"],
  output: [12, valueInfo, "repeated"],
  valueInfo: [13, valueInfo, "repeated"],
  sparseInitializer: [15, "bytes", "repeated"],
} satisfies Schema);
const model: Schema = {
  irVersion: [1, "int64"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  modelVersion: [5, "int64"],
  docString: [6, "string"],
  graph: [7, graph],
  opsetImport: [8, { domain: [1, "string"], version: [2, "int64"] }, "repeated"],
  metadataProps: [14, stringEntry, "repeated"],
  functions: [25, "bytes", "repeated"],
};

type Message = Record<string, unknown>;

const readScalar = (reader: BinaryReader, kind: Scalar): unknown =>
  kind === "int64" ? Number(reader.int64()) : reader[kind]();

const read = (reader: BinaryReader, schema: Schema, end: number, depth: number): Message => {
  if (depth > 40) throw new RangeError("messages nested deeper than 40");
  const byNumber = new Map(Object.entries(schema).map(([name, field]) => [field[0], { name, field }]));
  const message: Message = {};
  const keep = (name: string, repeated: boolean, value: unknown): void => {
    if (!repeated) message[name] = value;
    else ((message[name] ??= []) as unknown[]).push(value);
  };
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const known = byNumber.get(number);
    if (!known) {
      reader.skip(wire, number);
      continue;
    }
    const { name, field } = known;
    const [, kind, repeated] = field;
    if (typeof kind === "object") {
      const length = reader.uint32();
      if (reader.pos + length > end) throw new RangeError("premature EOF");
      keep(name, repeated !== undefined, read(reader, kind, reader.pos + length, depth + 1));
    } else if (repeated && wire === WireType.LengthDelimited && kind !== "string" && kind !== "bytes") {
      const packedEnd = reader.uint32() + reader.pos;
      while (reader.pos < packedEnd) keep(name, true, readScalar(reader, kind));
    } else keep(name, repeated !== undefined, readScalar(reader, kind));
  }
  if (reader.pos !== end) throw new RangeError("a message runs past its end");
  return message;
};

const packable = (kind: Scalar): boolean => kind !== "string" && kind !== "bytes";

const wireOf = (kind: Scalar): WireType =>
  kind === "float"
    ? WireType.Bit32
    : kind === "double"
      ? WireType.Bit64
      : packable(kind)
        ? WireType.Varint
        : WireType.LengthDelimited;

const writeScalar = (writer: BinaryWriter, kind: Scalar, value: unknown): void => {
  (writer[kind] as (value: unknown) => BinaryWriter).call(writer, value);
};

const write = (writer: BinaryWriter, schema: Schema, message: Message): BinaryWriter => {
  for (const [name, [number, kind, repeated]] of Object.entries(schema)) {
    const value = message[name];
    if (value === undefined) continue;
    const items = repeated ? (value as unknown[]) : [value];
    if (typeof kind === "object") {
      for (const item of items)
        write(writer.tag(number, WireType.LengthDelimited).fork(), kind, item as Message).join();
    } else if (repeated && packable(kind)) {
      if (items.length === 0) continue;
      writer.tag(number, WireType.LengthDelimited).fork();
      for (const item of items) writeScalar(writer, kind, item);
      writer.join();
    } else for (const item of items) writeScalar(writer.tag(number, wireOf(kind)), kind, item);
  }
  return writer;
};

/** Parses model bytes. Throws whatever the wire reader throws on bytes that are not protobuf. */
export const decodeModel = (bytes: Uint8Array): ModelProto =>
  read(new BinaryReader(bytes), model, bytes.length, 0) as ModelProto;

/** Serialises a model. */
export const encodeModel = (proto: ModelProto): Uint8Array =>
  write(new BinaryWriter(), model, proto as Message).finish();
