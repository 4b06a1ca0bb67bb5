import type { Geometry } from "../augmentation.ts";

/** Mirrors left and right. */
export const augmentation: Geometry = {
  name: "horizontal-flip",
  kind: "geometry",
  defaults: {},
  strong: {},
  limits: {},
  neutral: {},
  sample: () => ({}),
  map: () => [-1, 0, 0, 0, 1, 0, 0, 0, 1],
};
