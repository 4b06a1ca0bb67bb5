/** For output positions `from <= i < to`: which inputs count, and how much. */
export interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `stride` weights per output position, the first `count` used, adding up to 1. */
  readonly weights: Float32Array;
  readonly stride: number;
}

/**
 * Weights of the triangle filter ("bilinear"), widened by the scale when shrinking, so that fine texture averages out
 * instead of turning into false patterns; what Pillow and torchvision call bilinear with antialiasing.
 *
 * @param outputs  size the whole is resized to, of which positions `from` to `to - 1` are wanted
 */
export const trianglesOf = (inputs: number, outputs: number, [from, to]: readonly [number, number]): Taps => {
  const scale = inputs / outputs;
  const support = Math.max(1, scale);
  const stride = Math.ceil(2 * support) + 1;
  const first = new Int32Array(to - from);
  const count = new Int32Array(to - from);
  const weights = new Float32Array((to - from) * stride);
  for (let i = 0; i < to - from; i++) {
    const centre = (from + i + 0.5) * scale;
    const low = Math.max(0, Math.floor(centre - support + 0.5));
    const high = Math.min(inputs, Math.floor(centre + support + 0.5));
    let sum = 0;
    for (let j = low; j < high; j++) {
      const weight = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / support);
      weights[i * stride + j - low] = weight;
      sum += weight;
    }
    for (let k = 0; k < high - low; k++) weights[i * stride + k]! /= sum;
    first[i] = low;
    count[i] = high - low;
  }
  return { first, count, weights, stride };
};
