import type { Geometry } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/**
 * A part of the picture, enlarged to the whole of it: a share of the area, of other proportions (width to height),
 * at a random place.
 *
 * @see Szegedy et al. 2015, section 6. https://arxiv.org/abs/1409.4842
 */
export const augmentation: Geometry = {
  name: "random-resized-crop",
  kind: "geometry",
  defaults: { area: [0.35, 1], ratio: [3 / 4, 4 / 3], x: [0, 1], y: [0, 1] },
  strong: { area: [0.08, 1], ratio: [3 / 4, 4 / 3], x: [0, 1], y: [0, 1] },
  limits: { area: [0.01, 1], ratio: [0.1, 10], x: [0, 1], y: [0, 1] },
  neutral: { area: 1, ratio: 1, x: 0.5, y: 0.5 },
  sample: ({ ratio, ...ranges }, random) => ({
    ...uniform(ranges, random),
    ratio: Math.exp(uniform({ log: [Math.log(ratio![0]), Math.log(ratio![1])] }, random).log!), // as likely wide as high
  }),
  map: ({ area, ratio, x, y }, { width, height }) => {
    const across = Math.min(1, Math.sqrt(area! * ratio!));
    const down = Math.min(1, Math.sqrt(area! / ratio!));
    return [across, 0, (x! - 0.5) * (1 - across) * width, 0, down, (y! - 0.5) * (1 - down) * height, 0, 0, 1];
  },
};
