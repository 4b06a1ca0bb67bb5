import { sizeOf, type Tensor } from "../../graph/dtype.ts";
import { roundEven } from "./affine.ts";

/** Weights as signed bytes with a scale for every output channel: w ~ q scale[o]; zero is 0. */
export interface ByteWeights {
  readonly values: Int8Array;
  /** [output channels] */
  readonly scales: Float32Array;
}

const MOST = 127;

/** The two largest of the numbers and 0. */
const topTwo = (numbers: Iterable<number>): number => {
  let [first, second] = [0, 0];
  for (const x of numbers) {
    if (x > first) [first, second] = [x, first];
    else if (x > second) second = x;
  }
  return first + second;
};

const negated = function* (numbers: Float32Array): Generator<number> {
  for (const x of numbers) yield -x;
};

/**
 * The scale of one channel. `paired`: processors without VNNI (AVX2, SSE4.1) add two products of a byte and a weight in
 * 16 bits and stop at 32767, so no two weights of one sign may add up to more than 128: 255 x 128 = 32640. The channel
 * gets as fine a scale as that allows; half a step of rounding is kept for each of the two.
 */
const scaleOf = (channel: Float32Array, paired: boolean): number => {
  let peak = 0;
  for (const w of channel) peak = Math.max(peak, Math.abs(w));
  const pair = paired ? Math.max(topTwo(channel), topTwo(negated(channel))) : 0;
  return Math.fround(Math.max(peak, pair) / MOST) || 1;
};

/**
 * Weights of a convolution as signed bytes, per output channel, symmetric about 0.
 *
 * @param weights  float32 [out, in / groups, …]
 * @param paired  whether a processor may add products in pairs of 16 bits: true but for depthwise convolutions
 * @see Krishnamoorthi 2018, section 3.1 (per channel). https://arxiv.org/abs/1806.08342
 */
export const quantiseWeights = ({ shape, data }: Tensor, paired: boolean): ByteWeights => {
  const all = data as Float32Array;
  const channels = shape[0]!;
  const size = sizeOf(shape) / channels;
  const values = new Int8Array(all.length);
  const scales = new Float32Array(channels);
  for (let o = 0; o < channels; o++) {
    const channel = all.subarray(o * size, (o + 1) * size);
    const scale = (scales[o] = scaleOf(channel, paired));
    for (let i = 0; i < size; i++)
      values[o * size + i] = Math.max(-MOST, Math.min(MOST, roundEven(channel[i]! / scale)));
  }
  return { values, scales };
};
