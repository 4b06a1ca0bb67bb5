import type { Value } from "../../graph/graph.ts";
import { flatten } from "../../ops/flatten.ts";
import { maxPool } from "../../ops/max-pool.ts";
import { relu } from "../../ops/relu.ts";
import { batchNorm } from "../layers/batch-norm.ts";
import { conv } from "../layers/conv.ts";
import { within, type Scope } from "../layers/scope.ts";

export interface Conv4Options {
  /** Channels of each block; default 64. */
  readonly width?: number;
  /** Blocks that end in pooling, from the first; default 4. Relation Networks have 2 (Sung et al. 2018, section 3.4). */
  readonly pools?: number;
}

/** Conv-4 without the flattening: [n, channels, h, w] -> [n, width, h / 2^pools, w / 2^pools]. */
export const conv4Map = (scope: Scope, x: Value, { width = 64, pools = 4 }: Conv4Options = {}): Value => {
  let y = x;
  for (let i = 1; i <= 4; i++) {
    const block = within(scope, `block${i}`);
    const z = conv(within(block, "conv"), y, { channels: width, kernel: 3, bias: "none" });
    const normal = batchNorm(within(block, "norm"), z);
    // pooled before ReLU: the same numbers, since ReLU keeps order, with a quarter of them to go through it
    y = relu(scope.g, i > pools ? normal : maxPool(scope.g, normal, { kernel_shape: [2, 2], strides: [2, 2] }));
  }
  return y;
};

/**
 * Conv-4: four times 3x3 convolution, batch normalisation, ReLU and 2x2 max-pooling.
 *
 * @param x  [n, channels, h, w]
 * @returns [n, width · h/16 · w/16]: 1600 numbers for a picture of 84 px
 * @see Snell et al. 2017, section 3.1. https://arxiv.org/abs/1703.05175
 */
export const conv4 = (scope: Scope, x: Value, options: Conv4Options = {}): Value =>
  flatten(scope.g, conv4Map(scope, x, options));
