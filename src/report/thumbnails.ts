import { makeThumbnail as encodeThumbnail } from "../data/thumbnail.ts";

/** One picture as the page carries it. */
export interface Thumbnail {
  /** `data:image/webp;base64,…`; holds pixels only, no metadata. */
  readonly uri: string;
  readonly width: number;
  readonly height: number;
}

export interface ThumbnailBudget {
  /** Characters of all data URIs together. */
  readonly maxBytes: number;
  readonly maxCount: number;
  /** Longer side in pixels. */
  readonly side: number;
}

/** Gathers which images the sections want, most wanted first, and then loads as many as the page can carry. */
export interface ThumbnailWishes {
  /** Asks for images; an image asked for twice keeps the smaller `priority` (0 = most wanted). */
  want(indices: readonly number[], priority: number): void;
  load(): Promise<LoadedThumbnails>;
}

export interface LoadedThumbnails {
  /** By image index, in order of want. */
  readonly images: ReadonlyMap<number, Thumbnail>;
  /** Wanted images that are not on the page for want of room. */
  readonly leftOut: number;
  /** Wanted images of which no picture could be made. */
  readonly unreadable: number;
}

/**
 * A picture as the page carries it.
 *
 * @returns null where the bytes are no image that can be decoded
 */
export const makeThumbnail = async (source: Buffer, side: number): Promise<Thumbnail | null> => {
  try {
    const { bytes, width, height } = await encodeThumbnail(source, side);
    return { uri: `data:image/webp;base64,${bytes.toString("base64")}`, width, height };
  } catch {
    return null; // the caller counts and says it
  }
};

/**
 * @param source  gives the image's bytes in any format, or null where there are none
 */
export const wishThumbnails = (
  source: (index: number) => Promise<Buffer | null>,
  budget: ThumbnailBudget,
): ThumbnailWishes => {
  const wishes = new Map<number, number>();
  return {
    want(indices, priority) {
      for (const index of indices) wishes.set(index, Math.min(priority, wishes.get(index) ?? Infinity));
    },
    async load() {
      const wanted = [...wishes].sort((a, b) => a[1] - b[1]).map(([index]) => index);
      const images = new Map<number, Thumbnail>();
      let room = budget.maxBytes;
      let unreadable = 0;
      let next = 0;
      while (next < wanted.length && images.size < budget.maxCount && room > 0) {
        const batch = wanted.slice(next, next + Math.min(8, budget.maxCount - images.size));
        const made = await Promise.all(batch.map((index) => loadOne(source, index, budget.side)));
        for (const [i, thumbnail] of made.entries()) {
          if (room <= 0) break;
          next++;
          if (!thumbnail) unreadable++;
          else {
            room -= thumbnail.uri.length;
            if (room > 0) images.set(batch[i]!, thumbnail);
          }
        }
      }
      return { images, leftOut: wanted.length - images.size - unreadable, unreadable };
    },
  };
};

const loadOne = async (
  source: (index: number) => Promise<Buffer | null>,
  index: number,
  side: number,
): Promise<Thumbnail | null> => {
  const bytes = await source(index);
  return bytes && makeThumbnail(bytes, side);
};
