import { sizeOf } from "../../graph/dtype.ts";
import type { Node } from "../../graph/graph.ts";
import type { ByteWeights } from "./weights.ts";

/**
 * The bias of a convolution less what the rounding of its weights adds on average: b - Σ (ŵ - w) E[x], so that every
 * output channel keeps its mean. Borders are taken as the rest.
 *
 * @param means  E[x] by input channel, seen in calibration; undefined: the bias as it is
 * @see Nagel et al. 2019, section 4.2, eq. 17; E[x] measured, as in appendix D. https://arxiv.org/abs/1906.04721
 */
export const correctedBias = (
  { inputs: [, weights, bias], attributes }: Node,
  { values, scales }: ByteWeights,
  means: ArrayLike<number> | undefined,
): Float32Array => {
  const { shape, data } = weights!.constant!;
  const [out, each, ...kernel] = shape as [number, number, ...number[]];
  const groups = typeof attributes?.group === "number" ? attributes.group : 1;
  const area = sizeOf(kernel);
  return Float32Array.from({ length: out }, (_, o) => {
    const own = bias ? ((bias.constant!.data as Float32Array)[o] ?? 0) : 0;
    if (!means) return own;
    const first = Math.floor(o / (out / groups)) * each;
    let drift = 0;
    for (let i = 0; i < each; i++) {
      let error = 0;
      for (let k = (o * each + i) * area; k < (o * each + i + 1) * area; k++)
        error += values[k]! * scales[o]! - (data as Float32Array)[k]!;
      drift += error * means[first + i]!;
    }
    return own - drift;
  });
};
