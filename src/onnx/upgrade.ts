import { artifactError } from "../base/errors.ts";
import { ints } from "../graph/dtype.ts";
import type { AttributeProto, NodeProto, TensorProto } from "./proto.ts";
import { tensorToProto } from "./tensor.ts";

/** Operator sets that can be read; older and newer ones are refused. */
export const OLDEST_OPSET = 7;
export const NEWEST_OPSET = 24;

/** A node rewritten into operator set 20: the nodes that replace it, and the constants they need. */
interface Upgraded {
  readonly nodes: NodeProto[];
  readonly constants: TensorProto[];
}

type Rule = (node: NodeProto, fresh: (suffix: string) => string) => Upgraded;

const attribute = (node: NodeProto, name: string): AttributeProto | undefined =>
  node.attribute?.find((a) => a.name === name);

const without = (node: NodeProto, ...names: string[]): AttributeProto[] =>
  (node.attribute ?? []).filter((a) => !names.includes(a.name ?? ""));

const floatConstant = (name: string, value: number): TensorProto =>
  tensorToProto({ dtype: "float32", shape: [], data: Float32Array.of(value) }, name);

/** An integer-list attribute that later became input number `at`. */
const intsToInput =
  (name: string, at: number): Rule =>
  (node, fresh) => {
    const value = attribute(node, name);
    if (!value) return { nodes: [node], constants: [] };
    const constant = fresh(name);
    const input = [...(node.input ?? [])];
    while (input.length < at) input.push("");
    input[at] = constant;
    return {
      nodes: [{ ...node, input, attribute: without(node, name) }],
      constants: [tensorToProto(ints(value.ints ?? [value.i ?? 0]), constant)],
    };
  };

const inSequence =
  (...rules: Rule[]): Rule =>
  (node, fresh) =>
    rules.reduce<Upgraded>(
      ({ nodes, constants }, rule) => {
        const next = rule(nodes[0]!, fresh);
        return { nodes: next.nodes, constants: [...constants, ...next.constants] };
      },
      { nodes: [node], constants: [] },
    );

/** Clip and Pad kept their numbers in attributes before operator set 11. */
const floatsToInputs =
  (fields: readonly (readonly [name: string, at: number, byDefault: number])[]): Rule =>
  (node, fresh) => {
    const input = [...(node.input ?? [])];
    const constants = fields.flatMap(([name, at, byDefault]) => {
      const value = attribute(node, name)?.f ?? byDefault;
      if (!Number.isFinite(value) || Math.abs(value) > 3.4e38) return [];
      input[at] = fresh(name);
      return [floatConstant(input[at], value)];
    });
    const names = fields.map(([name]) => name);
    return {
      nodes: [{ ...node, input: Array.from(input, (n) => n ?? ""), attribute: without(node, ...names) }],
      constants,
    };
  };

/** Softmax before operator set 13 worked on the tensor flattened at `axis`: flatten, softmax, shape back. */
const flattenedSoftmax: Rule = (node, fresh) => {
  const axis = attribute(node, "axis")?.i ?? 1;
  const [shape, flat, soft] = [fresh("shape"), fresh("flat"), fresh("soft")];
  const x = node.input![0]!;
  return {
    nodes: [
      { opType: "Shape", input: [x], output: [shape] },
      { opType: "Flatten", input: [x], output: [flat], attribute: [{ name: "axis", type: 2, i: axis }] },
      { ...node, input: [flat], output: [soft], attribute: [{ name: "axis", type: 2, i: -1 }] },
      { opType: "Reshape", input: [soft, shape], output: node.output! },
    ],
    constants: [],
  };
};

/** Upsample, and Resize before operator set 11, scale about the corner: Resize in asymmetric mode, rounding down. */
const asymmetricResize: Rule = (node, fresh) => {
  const scales = attribute(node, "scales")?.floats;
  const name = scales ? fresh("scales") : node.input![1]!;
  const mode = attribute(node, "mode")?.s ?? new TextEncoder().encode("nearest");
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  return {
    nodes: [
      {
        ...node,
        opType: "Resize",
        input: [node.input![0]!, "", name],
        attribute: [
          { name: "mode", type: 3, s: mode },
          { name: "coordinate_transformation_mode", type: 3, s: text("asymmetric") },
          { name: "nearest_mode", type: 3, s: text("floor") },
        ],
      },
    ],
    constants: scales
      ? [tensorToProto({ dtype: "float32", shape: [scales.length], data: Float32Array.from(scales) }, name)]
      : [],
  };
};

const renamed: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };
const gridSampleMode: Rule = (node) => ({
  nodes: [
    {
      ...node,
      attribute: (node.attribute ?? []).map((a) => {
        const mode = a.name === "mode" && a.s ? renamed[new TextDecoder().decode(a.s)] : undefined;
        return mode ? { ...a, s: new TextEncoder().encode(mode) } : a;
      }),
    },
  ],
  constants: [],
});

const dropAttributes =
  (...names: string[]): Rule =>
  (node) => ({ nodes: [{ ...node, attribute: without(node, ...names) }], constants: [] });

const reduceAxes = intsToInput("axes", 1);

/** What changed in an operator's form: nodes written before operator set `before` are rewritten by `rule`. */
const changes: readonly (readonly [types: readonly string[], before: number, rule: Rule])[] = [
  [["Upsample"], 10, asymmetricResize],
  [["Resize"], 11, asymmetricResize],
  [["Slice"], 10, inSequence(intsToInput("starts", 1), intsToInput("ends", 2), intsToInput("axes", 3))],
  [["TopK"], 10, intsToInput("k", 1)],
  [
    ["Clip"],
    11,
    floatsToInputs([
      ["min", 1, -Infinity],
      ["max", 2, Infinity],
    ]),
  ],
  [["Pad"], 11, inSequence(intsToInput("pads", 1), floatsToInputs([["value", 2, 0]]))],
  [["Dropout"], 12, dropAttributes("ratio")],
  [["BatchNormalization"], 14, dropAttributes("spatial")],
  [["Softmax", "LogSoftmax"], 13, flattenedSoftmax],
  [["Squeeze", "Unsqueeze", "ReduceSum"], 13, reduceAxes],
  [["Split"], 13, intsToInput("split", 1)],
  [
    [
      "ReduceMean",
      "ReduceMax",
      "ReduceMin",
      "ReduceProd",
      "ReduceL1",
      "ReduceL2",
      "ReduceLogSum",
      "ReduceLogSumExp",
      "ReduceSumSquare",
    ],
    18,
    reduceAxes,
  ],
  [["GridSample"], 20, gridSampleMode],
];

/** Operators whose meaning changed in a way that is not rewritten here: [types, first set with the new meaning]. */
const unconvertible: readonly (readonly [types: readonly string[], changed: number])[] = [
  [["Hardmax", "Scan", "Loop", "If"], 13],
  [["DFT"], 20],
];
const newerThanPinned = [
  "GroupNormalization",
  "RMSNormalization",
  "RotaryEmbedding",
  "Attention",
  "Swish",
  "TensorScatter",
];

/**
 * Rewrites a node of operator set `opset` into operator set 20.
 *
 * @throws artifactError E_MODEL_OPSET for an operator whose old or newer form is not converted
 */
export const upgradeNode = (node: NodeProto, opset: number, fresh: (suffix: string) => string): Upgraded => {
  const type = node.opType ?? "";
  const refused =
    unconvertible.some(([types, changed]) => types.includes(type) && opset < changed) ||
    (opset > 20 && newerThanPinned.includes(type));
  if (refused)
    throw artifactError(
      "E_MODEL_OPSET",
      `operator ${type} of operator set ${opset} cannot be rewritten into operator set 20`,
      {
        hint: "Export the model again with operator set 20.",
      },
    );
  const rule = changes.find(([types, before]) => types.includes(type) && opset < before)?.[2];
  return rule ? rule(node, fresh) : { nodes: [node], constants: [] };
};
