import type { Retouch } from "../augmentation.ts";
import { saturationMatrix, throughMatrix, uniform } from "./_shared.ts";

/** Takes the colours away: all of them at an amount of 1. */
export const augmentation: Retouch = {
  name: "greyscale",
  kind: "retouch",
  defaults: { amount: [1, 1] },
  strong: { amount: [0, 1] },
  limits: { amount: [0, 1] },
  neutral: { amount: 0 },
  sample: uniform,
  apply: (pixels, { amount }) => throughMatrix(pixels, saturationMatrix(1 - amount!)),
};
