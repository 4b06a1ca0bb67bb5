import { createRandom, type Random } from "../../base/random.ts";
import type { Retouch } from "../augmentation.ts";
import { uniformWithSeed } from "./_shared.ts";

/** Radii and angles that noise is made of, 2^10 of each. */
const STEPS = 1024;

const radii = Float64Array.from({ length: STEPS }, (_, i) => Math.sqrt(-2 * Math.log((i + 0.5) / STEPS)));
const cosines = Float64Array.from({ length: STEPS }, (_, i) => Math.cos((2 * Math.PI * (i + 0.5)) / STEPS));

/** Two standard normal numbers from 40 bits: Box-Muller, from tables, for a logarithm and a cosine a value are slow. */
const normalPair = (random: Random): readonly [number, number] => {
  const bits = random.uniform() * STEPS ** 4;
  const high = Math.floor(bits / STEPS ** 2);
  const low = bits - high * STEPS ** 2;
  return [
    radii[Math.floor(high / STEPS)]! * cosines[high % STEPS]!,
    radii[Math.floor(low / STEPS)]! * cosines[Math.floor(low) % STEPS]!,
  ];
};

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
    for (let i = 0; i < data.length; i += 2) {
      const [first, second] = normalPair(random);
      data[i] = pixels.data[i]! + 255 * sigma! * first;
      data[i + 1] = pixels.data[i + 1]! + 255 * sigma! * second; // of an odd length the last falls away
    }
    return { ...pixels, data: new Uint8Array(data.buffer) };
  },
};
