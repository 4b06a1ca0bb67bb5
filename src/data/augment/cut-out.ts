import type { Retouch } from "../augmentation.ts";
import { meanColour, rectangle, uniform } from "./_shared.ts";

/**
 * Covers a square-like part with the picture's mean colour: a share of the area, at a random place.
 *
 * Differs from the paper: the part lies inside the picture and keeps its proportions.
 * @see DeVries & Taylor 2017. https://arxiv.org/abs/1708.04552
 */
export const augmentation: Retouch = {
  name: "cut-out",
  kind: "retouch",
  defaults: { area: [0.05, 0.25], x: [0, 1], y: [0, 1] },
  strong: { area: [0.1, 0.4], x: [0, 1], y: [0, 1] },
  limits: { area: [0, 1], x: [0, 1], y: [0, 1] },
  neutral: { area: 0, x: 0.5, y: 0.5 },
  sample: uniform,
  apply: (pixels, { area, x, y }) => {
    const ratio = pixels.width / pixels.height;
    const { left, top, width, height } = rectangle(pixels, { area: area!, ratio, x: x!, y: y! });
    const row = new Uint8Array(3 * width);
    const colour = meanColour(pixels).map(Math.round);
    for (let i = 0; i < row.length; i++) row[i] = colour[i % 3]!;
    const data = new Uint8Array(pixels.data);
    for (let at = top; at < top + height; at++) data.set(row, 3 * (at * pixels.width + left));
    return { ...pixels, data };
  },
};
