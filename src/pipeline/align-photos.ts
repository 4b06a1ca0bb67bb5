import { basename } from "node:path";
import { optionError } from "../base/errors.ts";
import { scanDataset } from "../data/scan.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { coral } from "../methods/coral.ts";
import type { Backbone } from "./backbone.ts";
import { embedWith, type EmbedPhotosOptions } from "./embed-photos.ts";
import type { SelectedPhotos } from "./select-photos.ts";

/**
 * Ten times the paper's. From as few photos as here only the strongest directions of a covariance are known; 10 did
 * better than 1 for most heads, and never much worse (docs/augmentation.md).
 */
const SHRINKAGE = 10;

/**
 * Refuses rows that are not aligned beside rows that are.
 *
 * @throws optionError
 */
export const checkTarget = (options: {
  readonly target?: string;
  readonly synthetic?: unknown;
  readonly augment?: unknown;
  readonly fineTune?: unknown;
}): void => {
  const other = (["synthetic", "augment", "fineTune"] as const).find((name) => options[name] !== undefined);
  if (options.target !== undefined && other !== undefined)
    throw optionError(`--target does not go together with --${other === "fineTune" ? "fine-tune" : other}`, {
      hint: "Only features of photos as they are can be aligned: leave one of the two out.",
    });
};

export interface AlignPhotosOptions extends Pick<EmbedPhotosOptions, "cacheDir" | "on" | "signal" | "threads"> {
  readonly backbone: Backbone;
  /** Folder of photos of the place of use; labels, if any, are not looked at. */
  readonly target: string;
}

/** Training photos with features as the place of use would give them, and what that means for the evidence. */
export interface AlignedPhotos {
  readonly selected: SelectedPhotos;
  /** For people; it has to stand wherever the accuracy stands. */
  readonly text: string;
}

/**
 * Aligns the training photos' features with those of another place by CORAL, before anything is learned or judged.
 *
 * Every training photo takes part, also those that a fold asks about. No label is looked at, so no answer leaks. But
 * what cross-validation then measures is aligned photos, not photos of the other place.
 */
export const alignPhotos = async (
  selected: SelectedPhotos,
  { backbone, target, threads, ...options }: AlignPhotosOptions,
): Promise<AlignedPhotos> => {
  const { features: place } = await embedWith(backbone, await scanDataset(target), options);
  const algebra = openAlgebra(threads);
  try {
    const { training } = selected;
    const features = await coral(training.features, place, { shrinkage: SHRINKAGE }, algebra);
    return {
      selected: { ...selected, training: { ...training, features } },
      text: `Features were aligned with ${place.rows} unlabelled photos of ${basename(target)} (CORAL): the model is for photos like those. Accuracy and intervals are those of the training photos, aligned, and say nothing certain of that place; label some photos of it and ask handful eval.`,
    };
  } finally {
    await algebra.close();
  }
};
