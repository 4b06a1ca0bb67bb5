import { HandfulError } from "../base/errors.ts";
import type { IntensityWindow } from "../base/preprocess.ts";
import type { DataSet } from "../data/dataset.ts";
import { readItem } from "../data/image.ts";
import { showable } from "../data/showable.ts";
import { makeThumbnail } from "../report/thumbnails.ts";

/** Longer side, in pixels. */
const SIDE = 176;

/** A small picture of an item as a `data:` URI; null where it is gone or cannot be shown. */
export const thumbnailOf = async (
  dataset: DataSet,
  item: number,
  window: IntensityWindow | undefined,
): Promise<string | null> => {
  try {
    const { bytes } = await readItem(dataset.items[item]!);
    return (await makeThumbnail(await showable(bytes, window), SIDE))?.uri ?? null;
  } catch (thrown) {
    if (thrown instanceof HandfulError) return null; // gone since it was embedded: the page shows a gap
    throw thrown;
  }
};
