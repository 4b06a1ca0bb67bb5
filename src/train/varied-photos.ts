import { openAugmenter } from "../data/augmenter.ts";
import { noPolicy } from "../data/policies.ts";
import type { Policy } from "../data/policy.ts";
import type { Size } from "../data/warp.ts";
import type { Photos } from "./activations.ts";

/** Photos whose views other than 0 are augmented. Must be closed. */
export interface VariedPhotos extends Photos {
  close(): Promise<void>;
}

export interface VaryOptions extends Size {
  /** The same seed gives the same versions. */
  readonly seed: string;
  /** Identity of every photo, so that versions do not depend on order. */
  readonly keys: readonly string[];
  /** Makes the versions below 0. */
  readonly strong?: Policy;
}

/** Gives photos as many versions as are asked for, made by a policy in a thread of its own. */
export const varyPhotos = (
  photos: Photos,
  policy: Policy,
  { width, height, seed, keys, strong = noPolicy }: VaryOptions,
): VariedPhotos => {
  const open = (by: Policy) => (by.steps.length === 0 ? null : openAugmenter({ policy: by, seed, width, height }));
  const [weakly, strongly] = [open(policy), open(strong)];
  return {
    ...photos,
    pixels: async (index, view) => {
      const pixels = await photos.pixels(index, 0);
      const augmenter = view > 0 ? weakly : view < 0 ? strongly : null;
      return augmenter ? augmenter.vary(pixels, `${keys[index]!}/${view}`) : pixels;
    },
    close: async () => {
      await weakly?.close();
      await strongly?.close();
    },
  };
};
