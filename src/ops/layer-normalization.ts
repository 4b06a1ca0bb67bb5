import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import { positiveAxis, type AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { reduceMean } from "./reduce-mean.ts";
import { sqrt } from "./sqrt.ts";
import { sub } from "./sub.ts";

type LayerNormAttributes = AttributesOf<{ axis: number; epsilon: number; stash_type: number }>;

const axesOf = ({ inputs: [x], attributes: { axis = -1 } }: Node<LayerNormAttributes>): number[] => {
  const rank = shapeOf(x!).length;
  const first = positiveAxis("LayerNormalization", axis, rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
};

export const op: Op<LayerNormAttributes> = {
  type: "LayerNormalization",
  attributes: { axis: "int", epsilon: "float", stash_type: "int" },
  infer: (node) => {
    const [shape, axes] = [shapeOf(node.inputs[0]!), axesOf(node)];
    const moments = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return [shape, moments, moments].slice(0, node.outputs.length);
  },
  // y = n scale + bias, n = (x - mean) / sigma   =>   dx = (dn - mean(dn) - n mean(n dn)) / sigma,  dn = dy scale
  vjp: (g, node, [dy]) => {
    const [x, scale, bias] = node.inputs;
    const mean = (v: Value): Value => reduceMean(g, v, { axes: axesOf(node) });
    const centred = sub(g, x!, mean(x!));
    const sigma = sqrt(g, add(g, mean(mul(g, centred, centred)), node.attributes.epsilon ?? 1e-5));
    const n = div(g, centred, sigma);
    const dn = mul(g, dy!, scale!);
    const dx = div(g, sub(g, sub(g, dn, mean(dn)), mul(g, n, mean(mul(g, n, dn)))), sigma);
    return [dx, mul(g, dy!, n), bias ? dy! : null];
  },
};

interface LayerNorm {
  /** Factor, of the shape of the normalised axes. */
  readonly scale: Value;
  readonly bias: Value | null;
  /** Normalised from this axis on; default: the last one. */
  readonly axis?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/** Mean 0 and variance 1 along the last axes, then scaled and shifted. Ba, Kiros and Hinton 2016. */
export const layerNormalization = (g: Graph, x: Value, { scale, bias, axis = -1, epsilon = 1e-5 }: LayerNorm): Value =>
  g.apply(op, bias ? [x, scale, bias] : [x, scale], { axis, epsilon });
