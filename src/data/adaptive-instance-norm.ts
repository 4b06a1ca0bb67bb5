import { shapeError } from "../base/errors.ts";

/** A feature map of one picture, or its pixels channel by channel: [channels, places]. */
export interface FeatureMap {
  readonly channels: number;
  /** Row-major, `channels` times as many numbers as there are places. */
  readonly data: Float32Array;
}

/** Mean and standard deviation (of the population) of each channel. */
export interface ChannelStatistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Keeps flat channels from being divided by zero. */
const TINY = 1e-8;

const channelOf = ({ channels, data }: FeatureMap, channel: number): Float32Array => {
  const places = data.length / channels;
  return data.subarray(channel * places, (channel + 1) * places);
};

/**
 * The style of a map, as AdaIN understands it.
 *
 * @see Huang and Belongie 2017, eq. 5 and 6. https://arxiv.org/abs/1703.06868
 */
export const channelStatistics = (map: FeatureMap): ChannelStatistics => {
  const [mean, deviation] = [new Float64Array(map.channels), new Float64Array(map.channels)];
  for (let c = 0; c < map.channels; c++) {
    const values = channelOf(map, c);
    mean[c] = values.reduce((sum, v) => sum + v, 0) / values.length;
    deviation[c] = Math.sqrt(values.reduce((sum, v) => sum + (v - mean[c]!) ** 2, 0) / values.length);
  }
  return { mean, deviation };
};

/**
 * A map with the mean and deviation that each channel has in another picture: σ(y) (x - μ(x)) / σ(x) + μ(y).
 *
 * Flat channels stay flat, at the other one's mean. A trained decoder would turn the map into a picture again; there is
 * none here.
 * @throws shapeError when the numbers of channels differ
 * @see Huang and Belongie 2017, eq. 8. https://arxiv.org/abs/1703.06868
 */
export const adaptiveInstanceNorm = (content: FeatureMap, style: ChannelStatistics): FeatureMap => {
  if (style.mean.length !== content.channels)
    throw shapeError("AdaIN", `statistics of ${content.channels} channels`, `${style.mean.length}`);
  const own = channelStatistics(content);
  const data = new Float32Array(content.data.length);
  for (let c = 0; c < content.channels; c++) {
    const scale = own.deviation[c]! > TINY ? style.deviation[c]! / own.deviation[c]! : 0;
    const out = channelOf({ channels: content.channels, data }, c);
    channelOf(content, c).forEach((v, i) => (out[i] = scale * (v - own.mean[c]!) + style.mean[c]!));
  }
  return { channels: content.channels, data };
};
