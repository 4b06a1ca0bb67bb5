import { sizeOf } from "../../graph/dtype.ts";
import { shapeOf, type Value } from "../../graph/graph.ts";
import { add } from "../../ops/add.ts";
import { batchNormalization, batchNormalizationTraining } from "../../ops/batch-normalization.ts";
import { mul } from "../../ops/mul.ts";
import { onesInitial, zerosInitial } from "../init.ts";
import type { Scope } from "./scope.ts";

export interface BatchNormOptions {
  /** Share of the running statistics kept at each step; default 0.9. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalisation of channels (axis 1): by the batch's moments in training, by running ones in inference.
 *
 * Parameters `scale` and `bias`; statistics `mean` and `variance`, which follow momentum · old + (1 - momentum) · batch,
 * the variance of the batch divided by its count less one, as PyTorch does.
 * @see Ioffe and Szegedy 2015. https://arxiv.org/abs/1502.03167
 */
export const batchNorm = (scope: Scope, x: Value, { momentum = 0.9, epsilon = 1e-5 }: BatchNormOptions = {}): Value => {
  const { g } = scope;
  const [n, channels, ...places] = shapeOf(x);
  const shape = [channels!];
  const scale = scope.parameter("scale", { shape, initial: onesInitial, decay: false });
  const bias = scope.parameter("bias", { shape, initial: zerosInitial, decay: false });
  const mean = scope.parameter("mean", { shape, initial: zerosInitial, decay: false, trainable: false });
  const variance = scope.parameter("variance", { shape, initial: onesInitial, decay: false, trainable: false });
  if (scope.phase === "inference") return batchNormalization(g, x, { scale, bias, mean, variance, epsilon });
  const batch = batchNormalizationTraining(g, x, { scale, bias, epsilon });
  const count = n! * sizeOf(places);
  const mix = (old: Value, fresh: Value, factor: number): Value =>
    add(g, mul(g, old, momentum), mul(g, fresh, (1 - momentum) * factor));
  scope.update("mean", mix(mean, batch.mean, 1));
  scope.update("variance", mix(variance, batch.variance, count / Math.max(1, count - 1)));
  return batch.y;
};
