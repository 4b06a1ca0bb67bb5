import { floats, tensorOf } from "../../graph/dtype.ts";
import { createCopier, type Copier } from "../../graph/graft.ts";
import { Graph, type Node, type Value } from "../../graph/graph.ts";
import { dequantizeLinear } from "../../ops/dequantize-linear.ts";
import { quantizeLinear } from "../../ops/quantize-linear.ts";
import { sum } from "../../ops/sum.ts";
import { affineOf, type Affine, type Range } from "./affine.ts";
import { correctedBias } from "./bias.ts";
import { isDepthwise } from "./layers.ts";
import { pointsOf, type Point } from "./points.ts";
import { quantiseWeights } from "./weights.ts";

/** What is known of the values of a graph, by name. */
export interface Knowledge {
  readonly ranges: ReadonlyMap<string, Range>;
  /** Means by channel of what goes into layers: for bias correction. */
  readonly means: ReadonlyMap<string, ArrayLike<number>>;
}

interface Build extends Copier {
  readonly g: Graph;
  readonly bind: Map<Value, Value>;
  readonly affines: ReadonlyMap<Value, Affine>;
  readonly knowledge: Knowledge;
}

/** Puts a value through bytes: what reads it from now on reads what the bytes stand for. */
const throughBytes = ({ g, bind, affines, at }: Build, value: Value): void => {
  const { scale, zero } = affines.get(value)!;
  const [s, z] = [
    g.constant(scale, `${value.name}_scale`),
    g.constant(tensorOf("uint8", [], [zero]), `${value.name}_zero`),
  ];
  const dims = at(value).shape ?? at(value).dims;
  const bytes = quantizeLinear(g, [at(value), s, z]);
  const back = dequantizeLinear(g, [bytes, s, z]);
  if (dims && !back.shape) for (const v of [bytes, back]) v.dims = dims;
  bind.set(value, back);
};

/** The copy of a convolution with weights and bias in whole numbers, as ONNX Runtime fuses them into one operator. */
const copyLayer = ({ g, bind, affines, knowledge, at }: Build, { node }: Point): void => {
  const [x, w, b] = node.inputs;
  const { shape } = w!.constant!;
  const { values, scales } = quantiseWeights(w!.constant!, !isDepthwise(node));
  const step = affines.get(x!)!.scale;
  const bias = correctedBias(node, { values, scales }, knowledge.means.get(x!.name));
  const biasScales = scales.map((s) => s * step);
  const whole = bias.map((y, o) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(y / biasScales[o]!))));
  const named = (suffix: string): string => `${w!.name}_${suffix}`;
  const bytes = g.constant({ dtype: "int8", shape, data: values }, named("bytes"));
  const weights = dequantizeLinear(g, [bytes, g.constant(floats([scales.length], scales), named("scales"))], 0);
  const shift = dequantizeLinear(
    g,
    [
      g.constant(tensorOf("int32", [whole.length], [...whole]), b ? `${b.name}_whole` : named("bias")),
      g.constant(floats([whole.length], biasScales), named("bias_scales")),
    ],
    0,
  );
  const [from] = node.outputs;
  const names = [from!.name];
  const made = g.add(node.op, [at(x!), weights, shift], node.attributes, names, node.name).outputs[0]!;
  if (from!.dims) made.dims = from!.dims;
  made.shape = from!.shape;
  bind.set(from!, made);
};

/** Whether bytes that end where the range ends do what a limit does: then it need not be done. */
const isImplied = ({ op, inputs }: Node, { scale, zero }: Affine): boolean => {
  if (op.type === "Relu") return zero === 0;
  const [low, high] = inputs.slice(1).map((v) => (v?.constant?.data as Float32Array | undefined)?.[0]);
  const top = (255 - zero) * scale;
  return (low === undefined || -zero * scale >= low) && (high === undefined || top <= high * (1 + 1e-6));
};

const copyActivation = (build: Build, { activation, end }: Point): void => {
  const affine = build.affines.get(end)!;
  for (const limit of activation)
    if (isImplied(limit, affine)) build.bind.set(limit.outputs[0]!, build.at(limit.inputs[0]!));
    else build.copy(limit);
};

/** Bytes of every value; the largest of some numbers has those of the numbers. */
const affinesOf = (g: Graph, floatLayers: ReadonlySet<string>, { ranges }: Knowledge): Map<Value, Affine> => {
  const { nodes, values } = pointsOf(g, floatLayers);
  const affines = new Map([...values].map((v) => [v, affineOf(ranges.get(v.name)!)]));
  for (const { node, activation, end } of nodes.values())
    if (node.op.type === "MaxPool" && activation.length === 0) affines.set(end, affines.get(node.inputs[0]!)!);
  return affines;
};

/**
 * The copy of an operator that stays in floats. ONNX Runtime takes it on itself to quantise a convolution that stands
 * between bytes, with one scale for all channels; a sum of one term in front, which it does not see through, keeps it
 * from that.
 */
const copyFloats = (build: Build, node: Node): void => {
  const { g, bind, affines, at, copy } = build;
  const [x] = node.inputs;
  if (node.op.type !== "Conv" || !x || !affines.has(x)) {
    copy(node);
    return;
  }
  const bytes = at(x);
  bind.set(x, sum(g, [bytes]));
  copy(node);
  bind.set(x, bytes);
};

/**
 * The graph with its convolutions in 8 bits, written as QuantizeLinear and DequantizeLinear round float operators, which
 * runtimes fuse into whole-number ones: weights signed per channel, values unsigned per tensor, biases in 32 bits.
 *
 * Limits (ReLU, ReLU6) that the bytes' own ends bring about are left out.
 * @param floatLayers  names of the convolutions to stay as they are
 */
export const quantiseGraph = (source: Graph, floatLayers: ReadonlySet<string>, knowledge: Knowledge): Graph => {
  const g = new Graph(source.name);
  const bind = new Map<Value, Value>();
  for (const v of source.inputs) bind.set(v, g.input(v.name, v.dtype, v.dims ?? v.shape));
  const { nodes, values } = pointsOf(source, floatLayers);
  const build: Build = {
    ...createCopier(g, bind),
    g,
    bind,
    knowledge,
    affines: affinesOf(source, floatLayers, knowledge),
  };
  const skipped = new Set<Node>();
  for (const node of source.nodes) {
    if (skipped.has(node)) continue;
    const point = nodes.get(node);
    if (point && node.op.type === "Conv") copyLayer(build, point);
    else copyFloats(build, node);
    if (point) {
      copyActivation(build, point);
      for (const limit of point.activation) skipped.add(limit);
      throughBytes(build, point.end);
    } else for (const y of node.outputs) if (values.has(y)) throughBytes(build, y);
  }
  for (const v of source.outputs) g.output(build.at(v), undefined, v.dims);
  return g;
};
