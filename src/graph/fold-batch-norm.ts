import { floats } from "./dtype.ts";
import type { Graph, Node, Value } from "./graph.ts";

const EPSILON = 1e-5;

const floatsOf = (value: Value | null | undefined): Float32Array | null =>
  value?.constant?.dtype === "float32" ? (value.constant.data as Float32Array) : null;

/** The convolution that a normalisation with fixed statistics can be folded into; null where there is none. */
const convBefore = (g: Graph, { op, inputs: [x], attributes }: Node): Node | null => {
  const conv = op.type === "BatchNormalization" && attributes?.training_mode !== 1 ? x?.producer : null;
  if (conv?.op.type !== "Conv" || !floatsOf(conv.inputs[1])) return null;
  if (conv.inputs[2] && !floatsOf(conv.inputs[2])) return null;
  const readers = g.nodes.filter((node) => node.inputs.includes(x!));
  return readers.length === 1 && !g.outputs.includes(x!) ? conv : null;
};

/**
 * Puts, in place, every BatchNormalization with constant statistics that follows a convolution into its weights:
 * w' = w γ / √(σ² + ε), b' = (b - μ) γ / √(σ² + ε) + β.
 *
 * @see Jacob et al. 2018, eq. 14. https://arxiv.org/abs/1712.05877
 */
export const foldBatchNorm = (g: Graph): void => {
  for (const norm of [...g.nodes]) {
    const conv = convBefore(g, norm);
    const [gamma, beta, mean, variance] = norm.inputs.slice(1).map(floatsOf);
    if (!conv || !gamma || !beta || !mean || !variance || g.outputs.includes(norm.outputs[0]!)) continue;
    const epsilon = typeof norm.attributes?.epsilon === "number" ? norm.attributes.epsilon : EPSILON;
    const { shape } = conv.inputs[1]!.constant!;
    const bias = floatsOf(conv.inputs[2]);
    const factors = gamma.map((y, o) => y / Math.sqrt(variance[o]! + epsilon));
    const size = floatsOf(conv.inputs[1])!.length / factors.length;
    const weights = floatsOf(conv.inputs[1])!.map((w, i) => w * factors[Math.floor(i / size)]!);
    const shifted = beta.map((b, o) => b + ((bias?.[o] ?? 0) - mean[o]!) * factors[o]!);
    const constants = [floats(shape, weights), floats([shifted.length], shifted)] as const;
    conv.inputs = [conv.inputs[0]!, ...constants.map((c, i) => g.constant(c, `${conv.name}_folded_${"wb"[i]!}`))];
    const [from, to] = [norm.outputs[0]!, conv.outputs[0]!];
    for (const node of g.nodes) node.inputs = node.inputs.map((v) => (v === from ? to : v));
    g.nodes = g.nodes.filter((node) => node !== norm);
  }
};
