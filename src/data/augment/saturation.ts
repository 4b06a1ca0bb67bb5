import type { Retouch } from "../augmentation.ts";
import { saturationMatrix, throughMatrix, uniform } from "./_shared.ts";

/** Stronger (above 1) or weaker colours; 0 is grey. */
export const augmentation: Retouch = {
  name: "saturation",
  kind: "retouch",
  defaults: { factor: [0.9, 1.1] },
  strong: { factor: [0.2, 1.8] },
  limits: { factor: [0, 10] },
  neutral: { factor: 1 },
  sample: uniform,
  apply: (pixels, { factor }) => throughMatrix(pixels, saturationMatrix(factor!)),
};
