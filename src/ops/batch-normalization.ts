import { tensorOf } from "../graph/dtype.ts";
import { shapeOf, type Graph, type Node, type Op, type Value } from "../graph/graph.ts";
import type { AttributesOf } from "./_shared.ts";
import { add } from "./add.ts";
import { channelSum } from "./conv.ts";
import { div } from "./div.ts";
import { zeros } from "./expand.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { reshape } from "./reshape.ts";
import { sqrt } from "./sqrt.ts";
import { sub } from "./sub.ts";

type BatchNormAttributes = AttributesOf<{ epsilon: number; momentum: number; training_mode: number }>;
type Flow = Value | null | undefined;

export const op: Op<BatchNormAttributes> = {
  type: "BatchNormalization",
  attributes: { epsilon: "float", momentum: "float", training_mode: "int" },
  infer: ({ inputs: [x], outputs }) => {
    const [shape, channels] = [shapeOf(x!), shapeOf(x!).slice(1, 2)];
    return [shape, channels, channels].slice(0, outputs.length);
  },
  vjp: (g, node, dys) =>
    node.attributes.training_mode ? trainingGradients(g, node, dys) : frozenGradients(g, node, dys[0]!),
};

/** A number for each channel, [c], laid along axis 1 of `like`. */
const alongChannels = (g: Graph, v: Value, like: Value): Value => {
  const sizes = shapeOf(like).map((_, axis) => (axis === 1 ? -1 : 1));
  return reshape(g, v, sizes);
};

// y = scale n + bias, n = (x - mean) / s, s² = variance + epsilon, with mean and variance that do not hang on x
const frozenGradients = (g: Graph, { inputs, attributes }: Node<BatchNormAttributes>, dy: Value): Value[] => {
  const [x, scale, , mean, variance] = inputs;
  const square = add(g, variance!, attributes.epsilon ?? 1e-5);
  const s = sqrt(g, square);
  const sum = channelSum(g, dy);
  const dscale = div(g, sub(g, channelSum(g, mul(g, dy, x!)), mul(g, mean!, sum)), s);
  const factor = div(g, scale!, s);
  const dvariance = mul(g, div(g, mul(g, scale!, dscale), square), -0.5);
  return [mul(g, dy, alongChannels(g, factor, x!)), dscale, sum, neg(g, mul(g, sum, factor)), dvariance];
};

// with mean and variance of x itself, and running output = momentum · running input + (1 - momentum) · that of x
const trainingGradients = (
  g: Graph,
  { inputs: [x, scale, bias], outputs, attributes }: Node<BatchNormAttributes>,
  [dy, dmean, dvariance]: readonly Flow[],
): (Value | null)[] => {
  const { epsilon = 1e-5, momentum = 0.9 } = attributes;
  const moments =
    momentum === 0 && outputs.length === 3
      ? { mean: outputs[1]!, variance: outputs[2]! }
      : batchNormalizationTraining(g, x!, { scale: scale!, bias: bias!, epsilon });
  const part = (d: Flow, share: number): Value | null => (d && share !== 0 ? mul(g, d, share) : null);
  const fresh = { dmean: part(dmean, 1 - momentum), dvariance: part(dvariance, 1 - momentum) };
  const flows = { dy: dy ?? zeros(g, shapeOf(x!), x!.dtype), ...fresh };
  const gradients = normalisedGradients(g, x!, { scale: scale!, epsilon, ...moments, ...flows });
  return [...gradients, part(dmean, momentum), part(dvariance, momentum)];
};

interface Normalised {
  readonly scale: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly epsilon: number;
  readonly dy: Value;
  /** What flows into mean and variance from elsewhere. */
  readonly dmean?: Value | null;
  readonly dvariance?: Value | null;
}

/**
 * Gradients of x, scale and bias where channels are normalised by their own moments.
 *
 * dx = a dy + b x + c with numbers a, b, c for each channel: three passes over the data, where the chain rule applied
 * to mean, centring and variance takes ten.
 * @internal
 */
export const normalisedGradients = (g: Graph, x: Value, parts: Normalised): [Value, Value, Value] => {
  const { scale, mean, variance, epsilon, dy, dmean, dvariance } = parts;
  const [n, , ...places] = shapeOf(x);
  const count = places.reduce((product, size) => product * size, n!);
  const s = sqrt(g, add(g, variance, epsilon));
  const sum = channelSum(g, dy);
  const dscale = div(g, sub(g, channelSum(g, mul(g, dy, x)), mul(g, mean, sum)), s);
  const a = div(g, scale, s);
  const fromDy = neg(g, div(g, mul(g, a, dscale), s));
  const b = div(g, dvariance ? add(g, fromDy, mul(g, dvariance, 2)) : fromDy, count);
  const level = div(g, dmean ? sub(g, dmean, mul(g, a, sum)) : neg(g, mul(g, a, sum)), count);
  const c = sub(g, level, mul(g, b, mean));
  return [add(g, mul(g, dy, alongChannels(g, a, x)), scaleChannels(g, x, b, c)), dscale, sum];
};

/**
 * factor x + offset with a number of each for every channel, in one pass.
 * @internal
 */
export const scaleChannels = (g: Graph, x: Value, factor: Value, offset: Value): Value => {
  const inputs = [x, factor, offset, allAlike(g, factor, 0), allAlike(g, factor, 1)];
  return g.apply(op, inputs, { epsilon: 0 });
};

/** A constant of the shape of `like`, the same number everywhere. */
const allAlike = (g: Graph, like: Value, number: number): Value => {
  const size = shapeOf(like)[0]!;
  return g.constant(tensorOf(like.dtype, [size], new Array<number>(size).fill(number)));
};

interface BatchNorm {
  /** All of them [channels]. */
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/** Channels (axis 1) normalised by a given mean and variance, then scaled and shifted. Ioffe and Szegedy 2015. */
export const batchNormalization = (g: Graph, x: Value, norm: BatchNorm): Value => {
  const { scale, bias, mean, variance, epsilon = 1e-5 } = norm;
  return g.apply(op, [x, scale, bias, mean, variance], { epsilon });
};

/**
 * Channels normalised by the mean and variance that they have in this batch.
 * @returns also these, [channels], for running averages; the variance is that of the population (divided by the count)
 */
export const batchNormalizationTraining = (
  g: Graph,
  x: Value,
  { scale, bias, epsilon = 1e-5 }: Pick<BatchNorm, "scale" | "bias" | "epsilon">,
): { y: Value; mean: Value; variance: Value } => {
  // ONNX Runtime writes the moments over the running inputs, even where these are constants or shared: give it some of
  // their own. With momentum 0 it does not matter what they hold.
  const inputs = [x, scale, bias, neg(g, bias), neg(g, scale)];
  const [y, mean, variance] = g.applyAll(op, inputs, { epsilon, momentum: 0, training_mode: 1 }, 3);
  return { y: y!, mean: mean!, variance: variance! };
};
