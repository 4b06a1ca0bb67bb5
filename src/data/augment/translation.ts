import type { Geometry } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/** Shifts to the right and down, in shares of width and height. */
export const augmentation: Geometry = {
  name: "translation",
  kind: "geometry",
  defaults: { x: [-0.1, 0.1], y: [-0.1, 0.1] },
  strong: { x: [-0.25, 0.25], y: [-0.25, 0.25] },
  limits: { x: [-1, 1], y: [-1, 1] },
  neutral: { x: 0, y: 0 },
  sample: uniform,
  map: ({ x, y }, { width, height }) => [1, 0, -x! * width, 0, 1, -y! * height, 0, 0, 1],
};
