import type { Pixels } from "../base/preprocess.ts";
import { adaptiveInstanceNorm, channelStatistics, type FeatureMap } from "./adaptive-instance-norm.ts";

type Row = readonly [number, number, number];
type Square = readonly [Row, Row, Row];

/** Equation 4 of the paper: linear responses of the three cones of the eye. */
const CONES: Square = [
  [0.3811, 0.5783, 0.0402],
  [0.1967, 0.7244, 0.0782],
  [0.0241, 0.1288, 0.8444],
];
/** Equation 9, its inverse. */
const FROM_CONES: Square = [
  [4.4679, -3.5873, 0.1193],
  [-1.2186, 2.3809, -0.1624],
  [0.0497, -0.2439, 1.2045],
];

const times = (m: Square, [x, y, z]: Row): Row => {
  const at = ([a, b, c]: Row): number => a * x + b * y + c * z;
  return [at(m[0]), at(m[1]), at(m[2])];
};

/** Equation 6: brightness, yellow to blue, red to green. */
const toOpponents = ([l, m, s]: Row): Row => [
  (l + m + s) / Math.sqrt(3),
  (l + m - 2 * s) / Math.sqrt(6),
  (l - m) / Math.SQRT2,
];

/** Equation 8, its inverse. */
const fromOpponents = ([l, a, b]: Row): Row => {
  const [x, y, z] = [l / Math.sqrt(3), a / Math.sqrt(6), b / Math.SQRT2];
  return [x + y + z, x + y - z, x - 2 * y];
};

/** Keeps black, whose logarithm there is none of, at one level of 255. */
const DARKEST = 1;

const mapped = (row: Row, f: (v: number) => number): Row => [f(row[0]), f(row[1]), f(row[2])];

/** Pixels in lαβ, channel by channel. */
const toMap = ({ data }: Pixels): FeatureMap => {
  const places = data.length / 3;
  const out = new Float32Array(data.length);
  for (let i = 0; i < places; i++) {
    const rgb: Row = [data[3 * i]! + DARKEST, data[3 * i + 1]! + DARKEST, data[3 * i + 2]! + DARKEST];
    toOpponents(mapped(times(CONES, rgb), Math.log)).forEach((v, c) => (out[c * places + i] = v));
  }
  return { channels: 3, data: out };
};

const toPixels = ({ data }: FeatureMap, { width, height }: Pixels): Pixels => {
  const places = width * height;
  const out = new Uint8Array(3 * places);
  for (let i = 0; i < places; i++) {
    const opponents: Row = [data[i]!, data[places + i]!, data[2 * places + i]!];
    times(FROM_CONES, mapped(fromOpponents(opponents), Math.exp)).forEach(
      (v, c) => (out[3 * i + c] = Math.max(0, Math.min(255, Math.round(v - DARKEST)))),
    );
  }
  return { width, height, data: out };
};

/**
 * A photo with the colours of another: mean and deviation of brightness and of both colour axes are those of `style`.
 *
 * AdaIN with pixels for features: fast, needs no network, and brings over colour, light and contrast, no texture.
 * @see Reinhard et al. 2001, section 3. https://doi.org/10.1109/38.946629
 */
export const matchColours = (photo: Pixels, style: Pixels): Pixels =>
  toPixels(adaptiveInstanceNorm(toMap(photo), channelStatistics(toMap(style))), photo);
