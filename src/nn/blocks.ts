import { isFloat, sizeOf } from "../graph/dtype.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";
import { narrowPlaces, nodesBetween } from "../graph/paths.ts";

/** A part of a network between two places through which everything flows: what is frozen or trained as a whole. */
export interface Block {
  /** "block 1", "block 2", … from the image on. */
  readonly name: string;
  /** What it looks like: "convolution", "inverted residual", … */
  readonly kind: string;
  /** Everything enters by this value. */
  readonly from: Value;
  /** Everything leaves by this value. */
  readonly to: Value;
  readonly nodes: readonly Node[];
  /** How many numbers it learns. */
  readonly size: number;
}

/** The nodes between two neighbouring narrow places. */
interface Atom {
  readonly nodes: readonly Node[];
  readonly to: Value;
  readonly form: "residual" | "branches" | "layer" | "plain";
}

const weightedTypes = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

const isWeight = (v: Value | null | undefined): v is Value =>
  !!v?.constant && isFloat(v.dtype) && v.constant.shape.length >= 2;

const weightOf = (node: Node): readonly number[] | null => {
  const weight = weightedTypes.has(node.op.type) ? node.inputs.find(isWeight) : undefined;
  return weight ? weight.constant!.shape : null;
};

const formOf = (nodes: readonly Node[], flowing: ReadonlySet<Value>): Atom["form"] => {
  if (!nodes.some(weightOf)) return "plain";
  if (nodes.length === 1) return "layer";
  const last = nodes.at(-1)!;
  const joins = last.inputs.filter((v) => v && flowing.has(v)).length > 1;
  if (joins && (last.op.type === "Add" || last.op.type === "Sum")) return "residual";
  if (joins && last.op.type === "Concat") return "branches";
  return joins ? "plain" : "layer"; // a product of two branches is a gate, such as squeeze-and-excite
};

const atomsOf = (g: Graph, from: Value, to: Value): Atom[] => {
  const path = nodesBetween(g, [from], [to]);
  const flowing = new Set([from, ...path.flatMap((node) => node.outputs)]);
  const places = new Set([...narrowPlaces(g, [from], to), to]);
  const atoms: Atom[] = [];
  let nodes: Node[] = [];
  for (const node of path) {
    nodes.push(node);
    const end = node.outputs.find((v) => places.has(v));
    if (!end) continue;
    atoms.push({ nodes, to: end, form: formOf(nodes, flowing) });
    nodes = [];
  }
  return atoms;
};

/**
 * Atoms that begin with one that learns; what follows without learning, such as activations, goes with it. What comes
 * before the first, such as the normalisation of pixels, belongs to none.
 */
type Unit = readonly Atom[];

const unitsOf = (atoms: readonly Atom[]): Unit[] => {
  const units: Atom[][] = [];
  for (const atom of atoms) {
    if (atom.form !== "plain") units.push([atom]);
    else units.at(-1)?.push(atom);
  }
  return units;
};

const mainOf = (unit: Unit): Atom => unit.find((atom) => atom.form !== "plain")!;

/** The convolution of a unit that is a single one. */
const convOf = (unit: Unit | undefined): { node: Node; weight: readonly number[] } | null => {
  const main = unit && mainOf(unit);
  const node = main?.form === "layer" && main.nodes.length === 1 ? main.nodes[0]! : undefined;
  const weight = node?.op.type === "Conv" ? weightOf(node) : null;
  return node && weight ? { node, weight } : null;
};

const isDepthwiseConv = (node: Node): boolean => {
  const weight = node.op.type === "Conv" ? weightOf(node) : null;
  return weight !== null && weight[1] === 1 && Number(node.attributes?.group ?? 1) > 1;
};

const isDepthwise = (unit: Unit | undefined): boolean => {
  const conv = convOf(unit);
  return conv !== null && isDepthwiseConv(conv.node);
};

/** Output channels over input channels of a 1x1 convolution; 0 for anything else. */
const pointwiseRatio = (unit: Unit | undefined): number => {
  const { node, weight } = convOf(unit) ?? {};
  if (!node || !weight || !weight.slice(2).every((k) => k === 1) || Number(node.attributes?.group ?? 1) > 1) return 0;
  return weight[0]! / weight[1]!;
};

const has = (unit: Unit | undefined, type: string): boolean =>
  !!unit?.some((atom) => atom.nodes.some((node) => node.op.type === type));

/** How many units from `at` on make one block. */
const lengthAt = (units: readonly Unit[], at: number): number => {
  const [first, second, third] = units.slice(at, at + 3);
  if (pointwiseRatio(first) > 1 && isDepthwise(second)) return pointwiseRatio(third) > 0 ? 3 : 2;
  if (isDepthwise(first)) return pointwiseRatio(second) > 0 ? 2 : 1;
  const ratio = pointwiseRatio(first);
  if (second && ratio > 0 && ratio < 1 && mainOf(second).form === "branches") return 2;
  const pair = [first, second].every((unit) => unit && mainOf(unit).form === "residual");
  return pair && has(first, "Softmax") && !has(second, "Softmax") ? 2 : 1;
};

const kindOf = (units: readonly Unit[]): string => {
  const atoms = units.flat();
  const nodes = atoms.flatMap((atom) => atom.nodes);
  const depthwise = nodes.some(isDepthwiseConv);
  const residual = atoms.some((atom) => atom.form === "residual");
  if (atoms.some((atom) => atom.form === "branches")) return "branches";
  if (residual && nodes.some((node) => node.op.type === "Softmax")) return "attention";
  if (residual) return depthwise ? "inverted residual" : "residual";
  if (depthwise) return units.length === 3 ? "inverted residual without skip" : "depthwise separable";
  return nodes.some((node) => node.op.type.startsWith("Conv")) ? "convolution" : "linear";
};

/** Constants that may be learned, by operator and input. Bounds of Clip, sizes of Resize and the like are not. */
const learned: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  Add: [0, 1],
  Mul: [0, 1],
  Gather: [0],
  PRelu: [1],
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
};

/**
 * The constants of some nodes that can be learned: weights, biases, scales and shifts of float type, each once. Moments
 * of frozen normalisations and single numbers are none.
 */
export const learnedConstants = (nodes: readonly Node[]): Value[] => [
  ...new Set(
    nodes.flatMap((node) => {
      const found = (learned[node.op.type] ?? []).map((i) => node.inputs[i]);
      return found.filter((v): v is Value => !!v?.constant && isFloat(v.dtype) && v.constant.data.length > 1);
    }),
  ),
];

/**
 * Finds the blocks of an imported network, between its image and its features.
 *
 * The network is cut at every value through which everything flows. Residual and branching parts between two such values
 * are blocks; of the rest, expansion, depthwise convolution and projection go together (MobileNet), squeeze and expand
 * (SqueezeNet), attention and the layers after it (transformers); any other layer is a block of its own.
 */
export const findBlocks = (g: Graph, image: Value, feature: Value): Block[] => {
  const units = unitsOf(atomsOf(g, image, feature));
  const blocks: Block[] = [];
  let from = image;
  for (let at = 0; at < units.length;) {
    const own = units.slice(at, at + lengthAt(units, at));
    const nodes = own.flat().flatMap((atom) => atom.nodes);
    const to = own.at(-1)!.at(-1)!.to;
    const size = learnedConstants(nodes).reduce((sum, v) => sum + sizeOf(v.constant!.shape), 0);
    blocks.push({ name: `block ${blocks.length + 1}`, kind: kindOf(own), from, to, nodes, size });
    from = to;
    at += own.length;
  }
  return blocks;
};
