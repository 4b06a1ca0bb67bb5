import { createRandom } from "../../base/random.ts";
import type { Retouch } from "../augmentation.ts";
import { rectangle, uniformWithSeed } from "./_shared.ts";

/**
 * Covers a rectangle with noise: a share of the area, of random proportions (width to height), at a random place.
 *
 * @see Zhong et al. 2020, algorithm 1. https://arxiv.org/abs/1708.04896
 */
export const augmentation: Retouch = {
  name: "random-erasing",
  kind: "retouch",
  defaults: { area: [0.02, 0.25], ratio: [0.3, 3.3], x: [0, 1], y: [0, 1] },
  strong: { area: [0.02, 0.4], ratio: [0.3, 3.3], x: [0, 1], y: [0, 1] },
  limits: { area: [0, 1], ratio: [0.05, 20], x: [0, 1], y: [0, 1] },
  neutral: { area: 0, ratio: 1, x: 0.5, y: 0.5, seed: 0 },
  sample: uniformWithSeed,
  apply: (pixels, { area, ratio, x, y, seed }) => {
    const { left, top, width, height } = rectangle(pixels, { area: area!, ratio: ratio!, x: x!, y: y! });
    const random = createRandom(seed!);
    const data = new Uint8Array(pixels.data);
    for (let row = top; row < top + height; row++)
      for (let i = 3 * (row * pixels.width + left); i < 3 * (row * pixels.width + left + width); i++)
        data[i] = random.integer(256);
    return { ...pixels, data };
  },
};
