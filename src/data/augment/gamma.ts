import type { Retouch } from "../augmentation.ts";
import { throughTable, uniform } from "./_shared.ts";

/** Lifts the shadows (below 1) or deepens them (above 1): level^exponent on [0, 1]. */
export const augmentation: Retouch = {
  name: "gamma",
  kind: "retouch",
  defaults: { exponent: [0.8, 1.25] },
  strong: { exponent: [0.5, 2] },
  limits: { exponent: [0.05, 20] },
  neutral: { exponent: 1 },
  sample: uniform,
  apply: (pixels, { exponent }) => throughTable(pixels, (level) => 255 * (level / 255) ** exponent!),
};
