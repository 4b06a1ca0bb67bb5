import { dataError, type HandfulError } from "../base/errors.ts";

/** A file that ends before its picture does; `got` is what there is. */
export const truncated = (got: string): HandfulError =>
  dataError("E_IMAGE_TRUNCATED", `wanted a whole image, got one that is cut off (${got})`, {
    hint: "Copy or download the file again.",
  });

/** A file whose contents make no picture. */
export const damaged = (format: string, why: string, cause?: unknown): HandfulError =>
  dataError("E_IMAGE_DAMAGED", `wanted a readable ${format} image, got a damaged one (${why})`, {
    hint: "Copy or download the file again, or open and save it in an image editor.",
    ...(cause !== undefined && { cause }),
  });

/** A picture too large to be decoded in the memory there is. */
export const tooLarge = (maxPixels: number, size: string, hint: string): HandfulError =>
  dataError("E_IMAGE_TOO_LARGE", `wanted at most ${maxPixels / 1e6} megapixels, got ${size}`, { hint });
