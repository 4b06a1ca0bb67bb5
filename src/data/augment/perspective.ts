import type { Geometry } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/**
 * Tilts the picture as if seen from the side: how much nearer its right (x) and lower (y) border comes than its
 * centre, as a share; the other border goes as far away.
 */
export const augmentation: Geometry = {
  name: "perspective",
  kind: "geometry",
  defaults: { x: [-0.2, 0.2], y: [-0.2, 0.2] },
  strong: { x: [-0.4, 0.4], y: [-0.4, 0.4] },
  limits: { x: [-0.49, 0.49], y: [-0.49, 0.49] },
  neutral: { x: 0, y: 0 },
  sample: uniform,
  map: ({ x, y }, { width, height }) => [1, 0, 0, 0, 1, 0, (2 * x!) / width, (2 * y!) / height, 1],
};
