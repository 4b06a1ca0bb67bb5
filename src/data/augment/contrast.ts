import type { Retouch } from "../augmentation.ts";
import { GREY, meanColour, throughTable, uniform } from "./_shared.ts";

/** Stronger (above 1) or weaker contrast about the picture's mean grey. */
export const augmentation: Retouch = {
  name: "contrast",
  kind: "retouch",
  defaults: { factor: [0.8, 1.2] },
  strong: { factor: [0.4, 1.8] },
  limits: { factor: [0, 10] },
  neutral: { factor: 1 },
  sample: uniform,
  apply: (pixels, { factor }) => {
    const mean = meanColour(pixels).reduce((sum, level, i) => sum + level * GREY[i]!, 0);
    return throughTable(pixels, (level) => mean + factor! * (level - mean));
  },
};
