import type { Mix } from "../mix.ts";
import { beta } from "./_shared.ts";

/**
 * A rectangle of every picture comes from another of its batch; targets count by area, which is 1 - λ with λ from
 * Beta(α, α) once a batch, less what lies beyond the border.
 *
 * @see Yun et al. 2019, eq. 1 and 2. https://arxiv.org/abs/1905.04899
 */
export const mix: Mix = {
  name: "cutmix",
  defaults: { alpha: 1 },
  sample: ({ alpha }, { width, height }, random) => {
    const side = Math.sqrt(1 - beta(alpha, random));
    const [x, y] = [random.uniform() * width, random.uniform() * height];
    const within = (at: number, size: number): number => Math.max(0, Math.min(size, Math.round(at)));
    const [left, right] = [within(x - (side * width) / 2, width), within(x + (side * width) / 2, width)];
    const [top, bottom] = [within(y - (side * height) / 2, height), within(y + (side * height) / 2, height)];
    return {
      share: 1 - ((right - left) * (bottom - top)) / (width * height),
      box: { left, right, top, bottom },
    };
  },
};
