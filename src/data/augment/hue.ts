import type { Retouch } from "../augmentation.ts";
import { GREY, throughMatrix, uniform } from "./_shared.ts";

/**
 * Turns all colours around the colour circle, in degrees; greys and (nearly) the grey of each colour stay.
 *
 * A rotation about the grey axis of RGB, made to keep grey: c' = R c + (grey - grey of R c).
 */
export const augmentation: Retouch = {
  name: "hue",
  kind: "retouch",
  defaults: { degrees: [-18, 18] },
  strong: { degrees: [-60, 60] },
  limits: { degrees: [-180, 180] },
  neutral: { degrees: 0 },
  sample: uniform,
  apply: (pixels, { degrees }) => {
    const angle = (degrees! * Math.PI) / 180;
    const [cos, side] = [Math.cos(angle), Math.sin(angle) / Math.sqrt(3)];
    const even = (1 - cos) / 3;
    // Rodrigues' formula about (1, 1, 1) / √3
    const turned = [
      even + cos,
      even - side,
      even + side,
      even + side,
      even + cos,
      even - side,
      even - side,
      even + side,
      even + cos,
    ];
    const greyOf = [0, 1, 2].map(
      (c) => GREY[c]! - [0, 1, 2].reduce((sum, r) => sum + GREY[r]! * turned[3 * r + c]!, 0),
    );
    return throughMatrix(
      pixels,
      turned.map((value, i) => value + greyOf[i % 3]!),
    );
  },
};
