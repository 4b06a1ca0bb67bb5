import { createRandom } from "../../base/random.ts";
import type { Retouch } from "../augmentation.ts";
import { uniformWithSeed } from "./_shared.ts";

/** Turns a share of the pixels white or black, half each. */
export const augmentation: Retouch = {
  name: "salt-and-pepper",
  kind: "retouch",
  defaults: { density: [0.01, 0.05] },
  strong: { density: [0.01, 0.15] },
  limits: { density: [0, 1] },
  neutral: { density: 0, seed: 0 },
  sample: uniformWithSeed,
  apply: (pixels, { density, seed }) => {
    const random = createRandom(seed!);
    const data = new Uint8Array(pixels.data);
    for (let i = 0; i < data.length; i += 3) {
      const u = random.uniform();
      if (u < density!) data.fill(u < density! / 2 ? 0 : 255, i, i + 3);
    }
    return { ...pixels, data };
  },
};
