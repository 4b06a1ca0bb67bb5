import type { Retouch } from "../augmentation.ts";
import { throughTable, uniform } from "./_shared.ts";

/** Lighter (above 1) or darker: every level times the factor. */
export const augmentation: Retouch = {
  name: "brightness",
  kind: "retouch",
  defaults: { factor: [0.8, 1.2] },
  strong: { factor: [0.4, 1.8] },
  limits: { factor: [0, 10] },
  neutral: { factor: 1 },
  sample: uniform,
  apply: (pixels, { factor }) => throughTable(pixels, (level) => level * factor!),
};
