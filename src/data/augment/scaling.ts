import type { Geometry } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/** Enlarges (above 1) or shrinks (below 1) about the centre. */
export const augmentation: Geometry = {
  name: "scaling",
  kind: "geometry",
  defaults: { factor: [0.8, 1.2] },
  strong: { factor: [0.6, 1.6] },
  limits: { factor: [0.1, 10] },
  neutral: { factor: 1 },
  sample: uniform,
  map: ({ factor }) => [1 / factor!, 0, 0, 0, 1 / factor!, 0, 0, 0, 1],
};
