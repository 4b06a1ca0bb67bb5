import type { Geometry } from "../augmentation.ts";

/** Mirrors top and bottom. */
export const augmentation: Geometry = {
  name: "vertical-flip",
  kind: "geometry",
  defaults: {},
  strong: {},
  limits: {},
  neutral: {},
  sample: () => ({}),
  map: () => [1, 0, 0, 0, -1, 0, 0, 0, 1],
};
