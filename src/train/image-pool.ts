import type { Random } from "../base/random.ts";
import type { Tensor } from "../graph/dtype.ts";

/** The last pictures a generator made, so that its judge does not forget what earlier ones were like. */
export interface ImagePool {
  /** What is in it now. */
  readonly images: readonly Tensor[];
  /**
   * Takes a picture in, and gives the one to judge: while there is room the picture itself, later with equal chance it
   * or an older one, whose place it takes.
   * @param random  a stream for this call alone
   */
  exchange(image: Tensor, random: Random): Tensor;
}

/**
 * A pool, empty or as it was left.
 *
 * @param size  50 in the paper; 0: always the newest
 * @see Shrivastava et al. 2017, section 2.3. https://arxiv.org/abs/1612.07828
 */
export const createImagePool = (size: number, images: readonly Tensor[] = []): ImagePool => {
  const held = [...images];
  return {
    images: held,
    exchange: (image, random) => {
      if (held.length < size) {
        held.push(image);
        return image;
      }
      if (size === 0 || random.uniform() < 0.5) return image;
      const place = random.integer(held.length);
      const old = held[place]!;
      held[place] = image;
      return old;
    },
  };
};
