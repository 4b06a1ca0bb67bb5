import { shapeOf, type Value } from "../../graph/graph.ts";
import { conv as convolve } from "../../ops/conv.ts";
import { heNormal, zerosInitial, type Initialiser } from "../init.ts";
import type { Scope } from "./scope.ts";

export interface ConvOptions {
  readonly channels: number;
  /** Side of the kernel, along each axis alike. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Distance of the kernel's taps; default 1. */
  readonly dilation?: number;
  /** On every side; default: what keeps the size at stride 1. */
  readonly padding?: number;
  /** Default 1; as many as input channels for a depthwise convolution. */
  readonly groups?: number;
  /** "none" before a normalisation, which brings its own; default "learned". */
  readonly bias?: "learned" | "none";
  readonly initial?: Initialiser;
}

/**
 * Convolution over pictures, [n, c, h, w] -> [n, channels, h', w'], or volumes, [n, c, d, h, w]. Parameters `weight` and
 * `bias`.
 */
export const conv = (scope: Scope, x: Value, options: ConvOptions): Value => {
  const { channels, kernel, stride = 1, dilation = 1, groups = 1, initial = heNormal } = options;
  const { padding = ((kernel - 1) >> 1) * dilation } = options;
  const [, c, ...places] = shapeOf(x);
  const each = (n: number): number[] => places.map(() => n);
  const shape = [channels, c! / groups, ...each(kernel)];
  const weight = scope.parameter("weight", { shape, initial, decay: true });
  const bias =
    options.bias === "none"
      ? null
      : scope.parameter("bias", { shape: [channels], initial: zerosInitial, decay: false });
  return convolve(scope.g, [x, weight, bias], {
    strides: each(stride),
    pads: [...each(padding), ...each(padding)],
    group: groups,
    ...(dilation > 1 && { dilations: each(dilation) }),
  });
};
