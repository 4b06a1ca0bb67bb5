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

/** Three convolutions and a projected shortcut, halved by pooling. */
const residual = (scope: Scope, x: Value, channels: number): Value => {
  const { g } = scope;
  let y = x;
  for (let i = 1; i <= 3; i++) {
    y = normalised(within(scope, `layer${i}`), y, channels, 3);
    if (i < 3) y = leakyRelu(g, y, SLOPE);
  }
  const sum = add(g, y, normalised(within(scope, "shortcut"), x, channels, 1));
  // pooled before the activation, which keeps order: the same numbers, a quarter of them
  return leakyRelu(g, maxPool(g, sum, { kernel_shape: [2, 2], strides: [2, 2] }), SLOPE);
};

/**
 * ResNet-12: four residual blocks of three 3x3 convolutions, then the mean over the map.
 *
 * Differs from Lee et al.: no DropBlock.
 * @param x  [n, channels, h, w]
 * @param options.widths  channels of the blocks; default 64, 160, 320, 640 (Lee et al.); Oreshkin et al. have 64, 128,
 *   256, 512
 * @returns [n, last width]
 * @see Oreshkin et al. 2018, https://arxiv.org/abs/1805.10123; Lee et al. 2019, https://arxiv.org/abs/1904.03758
 */
export const resnet12 = (
  scope: Scope,
  x: Value,
  { widths = [64, 160, 320, 640] }: { readonly widths?: readonly number[] } = {},
): Value => {
  const map = widths.reduce((y, width, i) => residual(within(scope, `block${i + 1}`), y, width), x);
  return reduceMean(scope.g, map, { axes: [2, 3], keepdims: 0 });
};
