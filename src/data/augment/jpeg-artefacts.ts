import sharp from "sharp";
import { decodeImage } from "../image.ts";
import type { Retouch } from "../augmentation.ts";
import { uniform } from "./_shared.ts";

/** Blocks and ringing of strong compression: through a JPEG of the given quality, 1-100. */
export const augmentation: Retouch = {
  name: "jpeg-artefacts",
  kind: "retouch",
  defaults: { quality: [40, 90] },
  strong: { quality: [10, 90] },
  limits: { quality: [1, 100] },
  neutral: { quality: 100 },
  sample: uniform,
  apply: async (pixels, { quality }) => {
    const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
    return decodeImage(
      await sharp(pixels.data, { raw })
        .jpeg({ quality: Math.round(quality!) })
        .toBuffer(),
    );
  },
};
