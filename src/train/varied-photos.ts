import { openAugmenter } from "../data/augmenter.ts";
import type { Policy } from "../data/policy.ts";
import type { Size } from "../data/warp.ts";
import type { Photos } from "./activations.ts";

/** Photos whose views beyond the first are augmented. Must be closed. */
export interface VariedPhotos extends Photos {
  close(): Promise<void>;
}

/**
 * Gives photos as many versions as are asked for, made by a policy in a thread of its own.
 *
 * @param options.seed  the same seed gives the same versions
 * @param options.keys  identity of every photo, so that versions do not depend on order
 */
export const varyPhotos = (
  photos: Photos,
  policy: Policy,
  { width, height, seed, keys }: Size & { readonly seed: string; readonly keys: readonly string[] },
): VariedPhotos => {
  if (policy.steps.length === 0)
    return { ...photos, pixels: (index) => photos.pixels(index, 0), close: async () => {} };
  const augmenter = openAugmenter({ policy, seed, width, height });
  return {
    ...photos,
    pixels: async (index, view) => {
      const pixels = await photos.pixels(index, 0);
      return view === 0 ? pixels : augmenter.vary(pixels, `${keys[index]!}/${view}`);
    },
    close: () => augmenter.close(),
  };
};
