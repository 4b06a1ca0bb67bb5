import { shapeOf, type Value } from "../../graph/graph.ts";
import { conv as convolve } from "../../ops/conv.ts";
import { heNormal, zerosInitial, type Initialiser } from "../init.ts";
import type { Scope } from "./scope.ts";

export interface ConvOptions {
  readonly channels: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** On every side; default: what keeps the size at stride 1. */
  readonly padding?: number;
  /** Default 1; as many as input channels for a depthwise convolution. */
  readonly groups?: number;
  /** "none" before a normalisation, which brings its own; default "learned". */
  readonly bias?: "learned" | "none";
  readonly initial?: Initialiser;
}

/** Convolution over pictures, [n, c, h, w] -> [n, channels, h', w']. Parameters `weight` and `bias`. */
export const conv = (scope: Scope, x: Value, options: ConvOptions): Value => {
  const { channels, kernel, stride = 1, padding = (kernel - 1) >> 1, groups = 1, initial = heNormal } = options;
  const shape = [channels, shapeOf(x)[1]! / groups, kernel, kernel];
  const weight = scope.parameter("weight", { shape, initial, decay: true });
  const bias =
    options.bias === "none"
      ? null
      : scope.parameter("bias", { shape: [channels], initial: zerosInitial, decay: false });
  return convolve(scope.g, [x, weight, bias], {
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    group: groups,
  });
};
