import { shapeOf, type Value } from "../../graph/graph.ts";
import { instanceNormalization } from "../../ops/instance-normalization.ts";
import { onesInitial, zerosInitial } from "../init.ts";
import type { Scope } from "./scope.ts";

/**
 * Normalisation of each channel of each picture by its own moments, in training and inference alike.
 *
 * Parameters `scale` and `bias`.
 * @see Ulyanov et al. 2016. https://arxiv.org/abs/1607.08022
 */
export const instanceNorm = (scope: Scope, x: Value, { epsilon = 1e-5 }: { readonly epsilon?: number } = {}): Value => {
  const shape = [shapeOf(x)[1]!];
  const scale = scope.parameter("scale", { shape, initial: onesInitial, decay: false });
  const bias = scope.parameter("bias", { shape, initial: zerosInitial, decay: false });
  return instanceNormalization(scope.g, x, { scale, bias, epsilon });
};
