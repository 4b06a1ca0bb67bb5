import type { Value } from "../../graph/graph.ts";
import { flatten } from "../../ops/flatten.ts";
import { maxPool } from "../../ops/max-pool.ts";
import { relu } from "../../ops/relu.ts";
import { batchNorm } from "../layers/batch-norm.ts";
import { conv } from "../layers/conv.ts";
import { within, type Scope } from "../layers/scope.ts";

/**
 * Conv-4: four times 3x3 convolution, batch normalisation, ReLU and 2x2 max-pooling.
 *
 * @param x  [n, channels, h, w]
 * @param options.width  channels of each block; default 64
 * @returns [n, width · h/16 · w/16]: 1600 numbers for a picture of 84 px
 * @see Snell et al. 2017, section 3.1. https://arxiv.org/abs/1703.05175
 */
export const conv4 = (scope: Scope, x: Value, { width = 64 }: { readonly width?: number } = {}): Value => {
  let y = x;
  for (let i = 1; i <= 4; i++) {
    const block = within(scope, `block${i}`);
    const z = conv(within(block, "conv"), y, { channels: width, kernel: 3, bias: "none" });
    // pooled before ReLU: the same numbers, since ReLU keeps order, with a quarter of them to go through it
    const pooled = maxPool(scope.g, batchNorm(within(block, "norm"), z), { kernel_shape: [2, 2], strides: [2, 2] });
    y = relu(scope.g, pooled);
  }
  return flatten(scope.g, y);
};
