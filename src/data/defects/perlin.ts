import { shapeError } from "../../base/errors.ts";
import type { Pixels } from "../../base/preprocess.ts";
import { createRandom } from "../../base/random.ts";
import { uniformWithSeed } from "../augment/_shared.ts";
import type { Draw } from "../augmentation.ts";
import type { Defect } from "../defect.ts";
import { createPerlinNoise } from "../perlin-noise.ts";

/** Noise at every pixel, its cells turned; they are 2^-octave of the picture's sides. */
const noiseOf = ({ width, height }: Pixels, { octaveX, octaveY, degrees, seed }: Draw): Float32Array => {
  const noise = createPerlinNoise(createRandom(seed!));
  const angle = (degrees! * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [across, down] = [2 ** octaveX!, 2 ** octaveY!];
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
    return noise(across * (cos * x + sin * y), down * (cos * y - sin * x));
  });
};

/**
 * Blots where Perlin noise is highest, through which a texture shows: I' = (1 - M) I + M ((1 - β) I + β A), with M the
 * mask, A the texture and β `opacity`.
 *
 * Differs from the paper: the mask is the `area` of highest noise, where the paper takes all noise above 0.5, so that
 * there always is a defect; cells need not be whole powers of two; β is at least 0.3, not 0.1, so that it can be seen.
 * @see Zavrtanik et al. 2021, on simulated anomalies. https://arxiv.org/abs/2108.07610
 */
export const defect: Defect = {
  name: "perlin",
  paper:
    "Zavrtanik et al. 2021, DRAEM: a discriminatively trained reconstruction embedding for surface anomaly detection. https://arxiv.org/abs/2108.07610",
  defaults: { octaveX: [1, 5], octaveY: [1, 5], degrees: [-90, 90], area: [0.01, 0.12], opacity: [0.3, 1] },
  sample: uniformWithSeed,
  apply: async (pixels, draw, texture) => {
    const { width, height } = pixels;
    if (texture.width !== width || texture.height !== height)
      throw shapeError("perlin", `a texture of ${width} x ${height}`, `${texture.width} x ${texture.height}`);
    const noise = noiseOf(pixels, draw);
    const count = Math.min(noise.length, Math.max(1, Math.round(draw.area! * noise.length)));
    const threshold = noise.toSorted()[noise.length - count]!;
    const mask = Uint8Array.from(noise, (value) => (value >= threshold ? 1 : 0));
    const opacity = draw.opacity!;
    const data = pixels.data.map((own, at) =>
      mask[Math.floor(at / 3)] === 1 ? Math.round((1 - opacity) * own + opacity * texture.data[at]!) : own,
    );
    return { pixels: { width, height, data }, mask };
  },
};
