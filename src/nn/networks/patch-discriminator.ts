import type { Value } from "../../graph/graph.ts";
import { leakyRelu } from "../../ops/leaky-relu.ts";
import { normalInitial } from "../init.ts";
import { conv } from "../layers/conv.ts";
import { instanceNorm } from "../layers/instance-norm.ts";
import { within, type Scope } from "../layers/scope.ts";

export interface PatchDiscriminatorOptions {
  /** Channels of the first layer, doubled at each following one up to eight times; default 64. */
  readonly width?: number;
  /** Halvings: 3 (default) judge patches of 70 px, 2 of 34 px, 1 of 16 px. */
  readonly halvings?: number;
}

/** Slope below 0 (section 7.2). */
const SLOPE = 0.2;
const KERNEL = 4;
const initial = normalInitial(0.02);

/** Side of the patch that one number of the answer judges, in pixels. */
export const patchSize = (halvings: number): number => {
  let side = 1;
  for (let layer = 0; layer < halvings + 2; layer++) side = (side - 1) * (layer < 2 ? 1 : 2) + KERNEL;
  return side;
};

/**
 * PatchGAN: judges every patch of a picture, real or made, by 4x4 convolutions.
 *
 * @param x  pictures in -1 .. 1, [n, 3, h, w]
 * @returns one number for each patch, near 1 for real ones and near 0 for made ones, [n, 1, h', w']
 * @see Isola et al. 2017, section 3.2.2, https://arxiv.org/abs/1611.07004; Zhu et al. 2017, section 7.2
 */
export const patchDiscriminator = (
  scope: Scope,
  x: Value,
  { width = 64, halvings = 3 }: PatchDiscriminatorOptions = {},
): Value => {
  const { g } = scope;
  const layer = { kernel: KERNEL, padding: 1, initial };
  let y = leakyRelu(g, conv(within(scope, "layer1/conv"), x, { ...layer, channels: width, stride: 2 }), SLOPE);
  for (let i = 2; i <= halvings + 1; i++) {
    const at = within(scope, `layer${i}`);
    const shape = { channels: width * Math.min(8, 2 ** (i - 1)), stride: i <= halvings ? 2 : 1 };
    const z = conv(within(at, "conv"), y, { ...layer, ...shape, bias: "none" });
    y = leakyRelu(g, instanceNorm(within(at, "norm"), z), SLOPE);
  }
  return conv(within(scope, "last/conv"), y, { ...layer, channels: 1 });
};
