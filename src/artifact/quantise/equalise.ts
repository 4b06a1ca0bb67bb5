import { floats, sizeOf, type Tensor } from "../../graph/dtype.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import { isDepthwise, layersOf, readersOf, type Layer } from "./layers.ts";

const ROUNDS = 20;
/** Change of the largest factor below which the weights count as equalised. */
const SETTLED = 1e-3;

/** Largest value seen by channel, by the name of the value; a channel not known counts as seen at the ceiling. */
export type Peaks = ReadonlyMap<string, ArrayLike<number>>;

/** Two convolutions of which the second alone reads what the first gives. */
interface Pair {
  readonly first: Layer;
  readonly second: Node;
  readonly channels: number;
  /** The least that each channel may be divided by, so that nothing that was seen meets the ceiling. */
  readonly least: Float64Array;
  /** Channels that were seen at the ceiling, which stay as they are. */
  readonly held: readonly boolean[];
}

const groupOf = ({ attributes }: Node): number => (typeof attributes?.group === "number" ? attributes.group : 1);

const numberOf = (value: Value | null | undefined): number | undefined =>
  (value?.constant?.data as Float32Array | undefined)?.[0];

/** ReLU commutes with a factor above 0 for each channel, and so does Clip from 0 below its ceiling. */
const commutes = ({ op, inputs }: Node): boolean =>
  op.type === "Relu" || (op.type === "Clip" && numberOf(inputs[1]) === 0);

/** What a ceiling leaves to the channels below it. */
const bounds = ({ activation, end }: Layer, channels: number, peaks: Peaks): Pick<Pair, "least" | "held"> => {
  const ceiling = activation[0]?.op.type === "Clip" ? (numberOf(activation[0].inputs[2]) ?? Infinity) : Infinity;
  const shares = Float64Array.from({ length: channels }, (_, c) => (peaks.get(end.name)?.[c] ?? Infinity) / ceiling);
  return ceiling === Infinity
    ? { least: new Float64Array(channels), held: new Array<boolean>(channels).fill(false) }
    : { least: shares, held: Array.from(shares, (share) => share >= 1) };
};

const pairsOf = (g: Graph, peaks: Peaks): Pair[] => {
  const layers = layersOf(g);
  const convs = new Set(layers.map(({ conv }) => conv));
  const readers = readersOf(g);
  return layers.flatMap((first) => {
    const [second, ...others] = readers.get(first.end) ?? [];
    const apart = second && convs.has(second) && (groupOf(second) === 1 || isDepthwise(second));
    if (!apart || others.length > 0 || g.outputs.includes(first.end) || second.inputs[0] !== first.end) return [];
    if (first.activation.length > 1 || !first.activation.every(commutes)) return [];
    const channels = first.conv.inputs[1]!.constant!.shape[0]!;
    return [{ first, second, channels, ...bounds(first, channels, peaks) }];
  });
};

/** Runs over the weights by input channel of a convolution whose channels stand apart or are all read. */
const forInput = ({ shape, data }: Tensor, depthwise: boolean, each: (at: number, channel: number) => void): void => {
  const [, inputs, ...kernel] = shape as [number, number, ...number[]];
  const area = sizeOf(kernel);
  for (let at = 0; at < data.length; at++) each(at, depthwise ? Math.floor(at / area) : Math.floor(at / area) % inputs);
};

/** Puts weights that may be changed in the place of those that a node reads. */
const ownWeights = (node: Node, index: 1 | 2): void => {
  const value = node.inputs[index];
  if (!value?.constant) return;
  const data = Float32Array.from(value.constant.data as Float32Array);
  const made = { ...value, constant: floats(value.constant.shape, data) };
  node.inputs = node.inputs.map((v, i) => (i === index ? made : v));
};

/**
 * Divides each channel by what brings its largest weights, out of the first and into the second, to one size.
 *
 * @param totals  what the channels were divided by before; brought up to date
 * @returns the largest change, as |log s|
 */
const equalisePair = ({ first, second, channels, least, held }: Pair, totals: Float64Array): number => {
  const [w1, w2] = [first.conv.inputs[1]!.constant!, second.inputs[1]!.constant!];
  const [r1, r2] = [new Float64Array(channels), new Float64Array(channels)];
  const [data1, data2] = [w1.data as Float32Array, w2.data as Float32Array];
  const size = data1.length / channels;
  const depthwise = isDepthwise(second);
  data1.forEach((w, at) => (r1[Math.floor(at / size)] = Math.max(r1[Math.floor(at / size)]!, Math.abs(w))));
  forInput(w2, depthwise, (at, c) => (r2[c] = Math.max(r2[c]!, Math.abs(data2[at]!))));
  const factors = r1.map((a, c) =>
    a > 0 && r2[c]! > 0 && !held[c] ? Math.max(Math.sqrt(a / r2[c]!), least[c]! / totals[c]!) : 1,
  );
  const bias = first.conv.inputs[2]?.constant?.data as Float32Array | undefined;
  for (let at = 0; at < data1.length; at++) data1[at]! /= factors[Math.floor(at / size)]!;
  bias?.forEach((b, c) => (bias[c] = b / factors[c]!));
  forInput(w2, depthwise, (at, c) => (data2[at]! *= factors[c]!));
  factors.forEach((s, c) => (totals[c]! *= s));
  return factors.reduce((most, s) => Math.max(most, Math.abs(Math.log(s))), 0);
};

/**
 * Cross-layer equalisation, in place: where one convolution alone reads another, the channels between are scaled so that
 * the weights on both sides are equally large, s = √(r₁ / r₂), W₁ / s, b₁ / s, W₂ s; again and again along chains of
 * such pairs until nothing moves. What the network computes stays the same.
 *
 * Differs from the paper: a ReLU6 is not made a ReLU. Channels seen at its ceiling stay as they are, the others are
 * scaled no further than to the ceiling, so that the network stays the same on all that was seen.
 *
 * @returns the number of pairs
 * @see Nagel et al. 2019, section 4.1, eq. 10-11. https://arxiv.org/abs/1906.04721
 */
export const equalise = (g: Graph, peaks: Peaks): number => {
  const pairs = pairsOf(g, peaks);
  for (const node of new Set(pairs.flatMap(({ first, second }) => [first.conv, second])))
    for (const index of [1, 2] as const) ownWeights(node, index);
  const totals = pairs.map(({ channels }) => new Float64Array(channels).fill(1));
  for (let round = 0; round < ROUNDS; round++) {
    const moved = pairs.map((pair, p) => equalisePair(pair, totals[p]!));
    if (Math.max(0, ...moved) < SETTLED) break;
  }
  return pairs.length;
};
