import type { Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { maxPool } from "../../ops/max-pool.ts";
import { reduceMean } from "../../ops/reduce-mean.ts";
import { relu } from "../../ops/relu.ts";
import { batchNorm } from "../layers/batch-norm.ts";
import { conv, type ConvOptions } from "../layers/conv.ts";
import { within, type Scope } from "../layers/scope.ts";

export interface ResNet10In3dOptions {
  /** Channels of the first stage, doubled by every further one; default 64, as published. */
  readonly width?: number;
}

/** Stride and dilation of the four stages, of one block each: the last two see further instead of shrinking. */
const STAGES = [
  [1, 1],
  [2, 1],
  [1, 2],
  [1, 4],
] as const;

const normalised = (scope: Scope, x: Value, name: string, options: ConvOptions): Value =>
  batchNorm(within(scope, `${name}/norm`), conv(within(scope, `${name}/conv`), x, { ...options, bias: "none" }));

interface Block {
  readonly channels: number;
  readonly stride: number;
  readonly dilation: number;
  /** Whether the shortcut is a convolution of its own: where size or channels change. */
  readonly projected: boolean;
}

/** Two convolutions beside a shortcut. */
const block = (scope: Scope, x: Value, { channels, stride, dilation, projected }: Block): Value => {
  const { g } = scope;
  const first = relu(g, normalised(scope, x, "layer1", { channels, kernel: 3, stride, dilation }));
  const second = normalised(scope, first, "layer2", { channels, kernel: 3, dilation });
  const shortcut = projected ? normalised(scope, x, "shortcut", { channels, kernel: 1, stride }) : x;
  return relu(g, add(g, second, shortcut));
};

/**
 * The encoder of MedicalNet's 3-D ResNet-10, as its published weights lie: 7x7x7 convolution, pooling, and four residual
 * blocks with projected shortcuts; the last map, an eighth of the input along each axis.
 *
 * @param x  [n, channels, d, h, w]
 * @returns [n, 8 width, d / 8, h / 8, w / 8]
 * @see Chen et al. 2019, section 3.2. https://arxiv.org/abs/1904.00625
 */
export const resnet10In3dMap = (scope: Scope, x: Value, { width = 64 }: ResNet10In3dOptions = {}): Value => {
  const { g } = scope;
  const stem = relu(g, normalised(scope, x, "stem", { channels: width, kernel: 7, stride: 2 }));
  const pooled = maxPool(g, stem, { kernel_shape: [3, 3, 3], strides: [2, 2, 2], pads: [1, 1, 1, 1, 1, 1] });
  return STAGES.reduce(
    (y, [stride, dilation], i) =>
      block(within(scope, `stage${i + 1}`), y, { channels: width << i, stride, dilation, projected: i > 0 }),
    pooled,
  );
};

/** 3-D ResNet-10: the map of `resnet10In3dMap` averaged over places, [n, 8 width]. */
export const resnet10In3d = (scope: Scope, x: Value, options: ResNet10In3dOptions = {}): Value =>
  reduceMean(scope.g, resnet10In3dMap(scope, x, options), { axes: [2, 3, 4], keepdims: 0 });
