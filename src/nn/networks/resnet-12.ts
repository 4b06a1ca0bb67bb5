import type { Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { leakyRelu } from "../../ops/leaky-relu.ts";
import { maxPool } from "../../ops/max-pool.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { batchNorm } from "../layers/batch-norm.ts";
import { conv } from "../layers/conv.ts";
import { within, type Scope } from "../layers/scope.ts";

/** Slope below 0 (Lee et al., footnote 4). */
const SLOPE = 0.1;

const normalised = (scope: Scope, x: Value, channels: number, kernel: number): Value =>
  batchNorm(within(scope, "norm"), conv(within(scope, "conv"), x, { channels, kernel, bias: "none" }));

interface Residual {
  readonly channels: number;
  /** Side of the pooling window; 1: the size stays. */
  readonly pool: number;
}

/** Three convolutions and a projected shortcut, halved by pooling. */
const residual = (scope: Scope, x: Value, { channels, pool }: Residual): Value => {
  const { g } = scope;
  let y = x;
  for (let i = 1; i <= 3; i++) {
    y = normalised(within(scope, `layer${i}`), y, channels, 3);
    if (i < 3) y = leakyRelu(g, y, SLOPE);
  }
  const sum = add(g, y, normalised(within(scope, "shortcut"), x, channels, 1));
  // pooled before the activation, which keeps order: the same numbers, a quarter of them
  return leakyRelu(g, pool === 1 ? sum : maxPool(g, sum, { kernel_shape: [pool, pool], strides: [pool, pool] }), SLOPE);
};

export interface ResNet12Options {
  /** Channels of the blocks; default 64, 160, 320, 640 (Lee et al.); Oreshkin et al. have 64, 128, 256, 512. */
  readonly widths?: readonly number[];
  /** Blocks that end in pooling, from the first; default 4. */
  readonly pools?: number;
}

/** ResNet-12 without the mean: [n, channels, h, w] -> [n, last width, h / 2^pools, w / 2^pools]. */
export const resnet12Map = (
  scope: Scope,
  x: Value,
  { widths = [64, 160, 320, 640], pools = 4 }: ResNet12Options = {},
): Value =>
  widths.reduce((y, channels, i) => {
    return residual(within(scope, `block${i + 1}`), y, { channels, pool: i < pools ? 2 : 1 });
  }, x);

/**
 * ResNet-12: four residual blocks of three 3x3 convolutions, then the mean over the map.
 *
 * Differs from Lee et al.: no DropBlock.
 * @param x  [n, channels, h, w]
 * @returns [n, last width]
 * @see Oreshkin et al. 2018, https://arxiv.org/abs/1805.10123; Lee et al. 2019, https://arxiv.org/abs/1904.03758
 */
export const resnet12 = (scope: Scope, x: Value, options: ResNet12Options = {}): Value =>
  reduceMean(scope.g, resnet12Map(scope, x, options), { axes: [2, 3], keepdims: 0 });
