import type { Geometry } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/** Turns the picture about its centre; positive degrees turn clockwise. */
export const augmentation: Geometry = {
  name: "rotation",
  kind: "geometry",
  defaults: { degrees: [-30, 30] },
  strong: { degrees: [-45, 45] },
  limits: { degrees: [-180, 180] },
  neutral: { degrees: 0 },
  sample: uniform,
  map: ({ degrees }) => {
    const angle = (degrees! * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [cos, sin, 0, -sin, cos, 0, 0, 0, 1];
  },
};
