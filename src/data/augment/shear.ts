import type { Geometry } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/** Slants the picture: the angles by which upright lines lean sideways (x) and level ones sink (y), in degrees. */
export const augmentation: Geometry = {
  name: "shear",
  kind: "geometry",
  defaults: { x: [-10, 10], y: [-10, 10] },
  strong: { x: [-20, 20], y: [-20, 20] },
  limits: { x: [-60, 60], y: [-60, 60] },
  neutral: { x: 0, y: 0 },
  sample: uniform,
  map: ({ x, y }) => {
    const [across, down] = [Math.tan((x! * Math.PI) / 180), Math.tan((y! * Math.PI) / 180)];
    return [1, -across, 0, -down, 1 + across * down, 0, 0, 0, 1];
  },
};
