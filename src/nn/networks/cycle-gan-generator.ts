import { shapeOf, type Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { pad } from "../../ops/pad.ts";
import { relu } from "../../ops/relu.ts";
import { enlarge } from "../../ops/resize.ts";
import { tanh } from "../../ops/tanh.ts";
import { normalInitial } from "../init.ts";
import { conv } from "../layers/conv.ts";
import { instanceNorm } from "../layers/instance-norm.ts";
import { within, type Scope } from "../layers/scope.ts";

export interface CycleGanGeneratorOptions {
  /** Channels at full size, doubled at each halving; default 64. */
  readonly width?: number;
  /** Residual blocks at a quarter of the size; default 6, as for pictures of 128 px in the paper. */
  readonly blocks?: number;
}

interface Layer {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  /** "none" (default) before a normalisation. */
  readonly bias?: "learned" | "none";
}

/** Deviation of first weights (section 7.1). */
const initial = normalInitial(0.02);

/** Convolution over a picture continued by its mirror image, so that borders look like the rest. */
const mirrored = (scope: Scope, x: Value, { channels, kernel, stride = 1, bias = "none" }: Layer): Value => {
  const p = (kernel - 1) >> 1;
  const wide = pad(scope.g, x, [0, 0, p, p, 0, 0, p, p], "reflect");
  return conv(within(scope, "conv"), wide, { channels, kernel, stride, padding: 0, initial, bias });
};

const normalised = (scope: Scope, x: Value, layer: Layer): Value =>
  instanceNorm(within(scope, "norm"), mirrored(scope, x, layer));

const activated = (scope: Scope, x: Value, layer: Layer): Value => relu(scope.g, normalised(scope, x, layer));

const residual = (scope: Scope, x: Value): Value => {
  const layer = { channels: shapeOf(x)[1]!, kernel: 3 };
  const y = activated(within(scope, "first"), x, layer);
  return add(scope.g, x, normalised(within(scope, "second"), y, layer));
};

/**
 * The generator of CycleGAN: two halvings, residual blocks, two doublings, all with instance normalisation.
 *
 * Differs from the paper: sizes are doubled by repeating pixels before a convolution, where it has transposed ones,
 * which leave a checkerboard (Odena et al. 2016).
 * @param x  pictures in -1 .. 1, [n, 3, h, w]; sides divisible by 4
 * @returns pictures in -1 .. 1, of the same shape
 * @see Zhu et al. 2017, section 7.2. https://arxiv.org/abs/1703.10593
 */
export const cycleGanGenerator = (
  scope: Scope,
  x: Value,
  { width = 64, blocks = 6 }: CycleGanGeneratorOptions = {},
): Value => {
  const { g } = scope;
  let y = activated(within(scope, "first"), x, { channels: width, kernel: 7 });
  y = activated(within(scope, "down1"), y, { channels: 2 * width, kernel: 3, stride: 2 });
  y = activated(within(scope, "down2"), y, { channels: 4 * width, kernel: 3, stride: 2 });
  for (let i = 1; i <= blocks; i++) y = residual(within(scope, `block${i}`), y);
  y = activated(within(scope, "up1"), enlarge(g, y, [2, 2]), { channels: 2 * width, kernel: 3 });
  y = activated(within(scope, "up2"), enlarge(g, y, [2, 2]), { channels: width, kernel: 3 });
  return tanh(g, mirrored(within(scope, "last"), y, { channels: shapeOf(x)[1]!, kernel: 7, bias: "learned" }));
};
