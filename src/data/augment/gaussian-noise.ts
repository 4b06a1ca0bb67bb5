import { createRandom } from "../../base/random.ts";
import type { Retouch } from "../augmentation.ts";
import { uniformWithSeed } from "./_shared.ts";

/** Adds noise of deviation sigma (on levels 0 to 1), another for every pixel and channel. */
export const augmentation: Retouch = {
  name: "gaussian-noise",
  kind: "retouch",
  defaults: { sigma: [0.01, 0.05] },
  strong: { sigma: [0.01, 0.15] },
  limits: { sigma: [0, 1] },
  neutral: { sigma: 0, seed: 0 },
  sample: uniformWithSeed,
  apply: (pixels, { sigma, seed }) => {
    const random = createRandom(seed!);
    const data = new Uint8ClampedArray(pixels.data.length);
    for (let i = 0; i < data.length; i++) data[i] = pixels.data[i]! + 255 * sigma! * random.normal();
    return { ...pixels, data: new Uint8Array(data.buffer) };
  },
};
