import type { Mix } from "../mix.ts";
import { beta } from "./_shared.ts";

/**
 * Every picture fades into another of its batch: x = λ x_i + (1 - λ) x_j, targets alike, λ from Beta(α, α) once a
 * batch.
 *
 * On values inside a network this is manifold mixup (Verma et al. 2019, https://arxiv.org/abs/1806.05236).
 * @see Zhang et al. 2018, eq. 1. https://arxiv.org/abs/1710.09412
 */
export const mix: Mix = {
  name: "mixup",
  defaults: { alpha: 0.4 },
  sample: ({ alpha }, _size, random) => ({ share: beta(alpha, random), box: null }),
};
