import sharp from "sharp";
import { decodeReduced, type DecodeOptions } from "./image.ts";

/** A small picture for people to look at. */
export interface Thumbnail {
  /** WebP; pixels only. */
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Room left for the last step of resizing to average, as in preprocessing. */
const MARGIN = 2;
const WHITE = [255, 255, 255] as const;

/**
 * A picture of pixels only: what the file carries beside them (EXIF, GPS, embedded thumbnails, profiles, whatever is
 * hung on behind) stays behind, since it is encoded anew from what was decoded.
 *
 * @param side  longest side in pixels; smaller pictures stay as they are
 * @throws as `decodeImage`
 */
export const makeThumbnail = async (
  bytes: Uint8Array,
  side: number,
  options: DecodeOptions = {},
): Promise<Thumbnail> => {
  const shrinkOf = (width: number, height: number): number =>
    2 ** Math.max(0, Math.floor(Math.log2(Math.max(width, height) / (side * MARGIN))));
  const { pixels } = await decodeReduced(bytes, shrinkOf, { background: WHITE, ...options });
  const { data, info } = await sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 3 } })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 70 })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
};
