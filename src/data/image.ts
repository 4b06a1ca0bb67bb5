import { hash } from "node:crypto";
import { closeSync, constants, fstatSync, open, read } from "node:fs";
import { promisify } from "node:util";
import sharp, { type Sharp } from "sharp";
import { dataError, HandfulError, internalError, messageOf } from "../base/errors.ts";
import type { IntensityWindow, Pixels } from "../base/preprocess.ts";
import type { Item } from "./dataset.ts";
import { openDeep } from "./deep-image.ts";
import { damaged, tooLarge, truncated } from "./image-faults.ts";
import type { PixelBudget } from "./pixel-budget.ts";
import { sniff, storedSize, type ImageFormat, type ImageHeader, type StoredSize } from "./sniff.ts";
import type { Volume } from "./volume.ts";

/** Largest picture taken, width x height. */
export const MAX_PIXELS = 64e6;
/** Largest file taken: nothing under MAX_PIXELS needs more. */
const MAX_BYTES = 512e6;

export interface DecodeOptions {
  /** Largest width x height taken, in pixels; default MAX_PIXELS. */
  readonly maxPixels?: number;
  /** Shared by all concurrent decodes to bound their memory. */
  readonly budget?: PixelBudget;
  /** Colour under transparent pixels, RGB, 0-255; default black. */
  readonly background?: readonly [number, number, number];
  /** Intensities from black to white in pictures of more than 8 bits; what the file says when absent. */
  readonly window?: IntensityWindow | undefined;
}

// Plain descriptors: a FileHandle's four round trips through the thread pool cost half as much as hashing and resizing.
const openFile = promisify(open);
const readFile = promisify(read);

const readAll = async (file: number, name: string): Promise<Buffer> => {
  const stat = fstatSync(file);
  if (!stat.isFile()) throw dataError("E_FILE_KIND", `${name}: wanted a regular file, got a folder, pipe or device`);
  if (stat.size > MAX_BYTES)
    throw dataError(
      "E_IMAGE_TOO_LARGE",
      `${name}: wanted at most ${MAX_BYTES / 1e6} MB, got ${Math.round(stat.size / 1e6)} MB`,
    );
  const bytes = Buffer.allocUnsafe(stat.size + 1);
  let length = 0;
  // The buffer is one byte larger than the file was, so that growth shows.
  do {
    const { bytesRead } = await readFile(file, bytes, length, bytes.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  } while (length < stat.size);
  if (length !== stat.size)
    throw dataError("E_FILE_CHANGED", `${name}: changed while it was read`, {
      hint: "Run again once nothing writes to it.",
    });
  return bytes.subarray(0, length);
};

const readError = (thrown: unknown, name: string): unknown => {
  if (thrown instanceof HandfulError || !(thrown instanceof Error) || !("code" in thrown)) return thrown;
  if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR")
    return dataError("E_FILE_MISSING", `${name}: no such file`, {
      cause: thrown,
      hint: "Was it moved or deleted?",
    });
  if (thrown.code === "EACCES" || thrown.code === "EPERM")
    return dataError("E_FILE_PERMISSION", `${name}: no permission to read it`, {
      cause: thrown,
      hint: "Give yourself the right to read it (chmod u+r).",
    });
  return dataError("E_FILE_READ", `${name}: ${thrown.message}`, { cause: thrown });
};

/**
 * A file's bytes, read once, and their sha256 in hex; never blocks on a pipe.
 *
 * @param expected  sha256 the file must still have
 * @throws E_FILE_MISSING, E_FILE_PERMISSION, E_FILE_KIND, E_FILE_READ; E_FILE_CHANGED when it is not what it was;
 *   E_IMAGE_TOO_LARGE above 512 MB
 */
export const readItem = async (
  item: Pick<Item, "path" | "name">,
  expected?: string,
): Promise<{ bytes: Buffer; sha256: string }> => {
  let file: number | undefined;
  try {
    file = await openFile(item.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = await readAll(file, item.name);
    const sha256 = hash("sha256", bytes, "hex");
    if (expected !== undefined && sha256 !== expected)
      throw dataError("E_FILE_CHANGED", `${item.name}: wanted sha256 ${expected}, got ${sha256}`, {
        hint: "The file was changed since it was first read: run again.",
      });
    return { bytes, sha256 };
  } catch (thrown) {
    throw readError(thrown, item.name);
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/** The bytes of an image file named by a person, who is told of it by `name`; as `readItem`. */
export const readImageFile = async (path: string, name: string): Promise<Buffer> =>
  (await readItem({ path: Buffer.from(path), name })).bytes;

/** Formats that sharp decodes, which one header tells. */
type PlainFormat = "jpeg" | "png" | "webp";

/** The format by content, as far as it is one that is taken. */
const formatOf = (bytes: Uint8Array, window: IntensityWindow | undefined): ImageFormat => {
  if (bytes.length === 0)
    throw dataError("E_IMAGE_EMPTY", "wanted an image, got a file of 0 bytes", {
      hint: "Copy or download the file again.",
    });
  const sniffed = sniff(bytes);
  const foreign = (what: string, hint: string) =>
    dataError("E_IMAGE_FORMAT", `wanted a JPEG, PNG or WebP image, got ${what}`, { hint });
  if (sniffed.format === null) throw foreign(sniffed.what, sniffed.hint);
  if (sniffed.format === "tiff" && !window)
    throw foreign(
      "a TIFF (or camera raw)",
      "Convert it with: magick input output.png; or, where it has 16 bits, state an intensity window: --window low,high",
    );
  return sniffed.format;
};

/** Stored size, checked against the cap, from the first bytes alone. */
const checkSize = (bytes: Uint8Array, format: PlainFormat, maxPixels: number): StoredSize => {
  const size = storedSize(bytes, format);
  if (!size) throw truncated(`${bytes.length} bytes, no image size among them`);
  if (size.width * size.height > maxPixels)
    throw tooLarge(
      maxPixels,
      `${size.width} x ${size.height}`,
      "Make it smaller first: magick input -resize 4000x4000 output.jpg",
    );
  return size;
};

/** Whether a JPEG has no end marker behind the start of its first scan (thumbnails end before it). */
const jpegEndsEarly = (bytes: Uint8Array, view: DataView): boolean => {
  let at = 2;
  while (at + 4 <= bytes.length && view.getUint16(at) !== 0xffda) at += 2 + view.getUint16(at + 2);
  return !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("\xff\xd9", at, "latin1");
};

/**
 * Whether the container itself says that bytes are missing at the end. The decoder's message is no guide: it comes from
 * one buffer of the whole process, which pictures decoded at the same time empty.
 */
const endsEarly = (bytes: Uint8Array, format: PlainFormat): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === "jpeg") return jpegEndsEarly(bytes, view);
  if (format === "webp") return view.getUint32(4, true) + 8 > bytes.length;
  let at = 8;
  while (at + 12 <= bytes.length && view.getUint32(at + 4) !== 0x49454e44) at += 12 + view.getUint32(at); // IEND
  return at + 12 > bytes.length;
};

const decodeError = (thrown: unknown, bytes: Uint8Array, format: ImageFormat): HandfulError => {
  if (thrown instanceof HandfulError) return thrown;
  const isPlain = format === "jpeg" || format === "png" || format === "webp";
  if (isPlain && endsEarly(bytes, format)) return truncated(`${bytes.length} bytes, ${format}`);
  return damaged(format, messageOf(thrown).split("\n")[0] ?? "", thrown);
};

// Damage is refused; harmless extra bytes, which many cameras leave, are only a warning of libjpeg and pass.
const openSharp = (bytes: Uint8Array, maxPixels: number): Sharp => {
  // The library would keep the last decoders alive, with 200 MB each after large progressive JPEGs. Nothing is decoded
  // twice here, so the setting, which holds for the process, costs nothing.
  sharp.cache(false);
  return sharp(bytes, { failOn: "error", limitInputPixels: maxPixels });
};

/** How every picture becomes plain pixels: upright, sRGB, no alpha, three channels of 8 bits. */
const toPixels = async (image: Sharp, [r, g, b]: readonly [number, number, number]): Promise<Pixels> => {
  const { data, info } = await image
    .toColourspace("srgb")
    .flatten({ background: { r, g, b } })
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw internalError(`decoded ${String(info.channels)} channels, wanted 3`);
  // no Buffer: its slice() is no copy, so that a picture changed in a copy would itself be changed
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
};

/** Pixels at `1 / shrink` of full size (a whole number), and what the header says of the full picture. */
export interface Decoded extends ImageHeader {
  readonly pixels: Pixels;
  /** Of a file that holds one: the pixels are its middle plane. */
  readonly volume?: Volume;
}

/** The same for a picture that sharp decodes. */
const decodePlain = async (
  bytes: Uint8Array,
  format: PlainFormat,
  { shrinkOf, ...options }: DecodeOptions & { readonly shrinkOf: (width: number, height: number) => number },
): Promise<Decoded> => {
  const { maxPixels = MAX_PIXELS, budget, background = [0, 0, 0] } = options;
  const { frames, ...stored } = checkSize(bytes, format, maxPixels);
  const decode = async (): Promise<Decoded> => {
    // Orientation matters to `shrinkOf` only for pictures large enough to be shrunk either way round.
    const large = shrinkOf(stored.width, stored.height) > 1 || shrinkOf(stored.height, stored.width) > 1;
    if (!large) {
      const pixels = await toPixels(openSharp(bytes, maxPixels).autoOrient(), background);
      return { format, frames, width: pixels.width, height: pixels.height, pixels };
    }
    const { width, height } = (await openSharp(bytes, maxPixels).metadata()).autoOrient;
    const shrink = shrinkOf(width, height);
    const image = openSharp(bytes, maxPixels).autoOrient();
    const pixels = await toPixels(shrunk(image, { width, height }, shrink), background);
    return { format, frames, width, height, pixels };
  };
  return budget ? budget.run(stored.width * stored.height, decode) : decode();
};

/**
 * Decodes at full size or, by `shrinkOf`, at a whole fraction of it: far cheaper for camera photos, whose JPEG
 * decoder can leave out what would be averaged away.
 *
 * @param shrinkOf  for a size as seen, in pixels: 1, 2, 4, ... times smaller; symmetric in width and height
 *   as far as orientation may swap them
 * @throws as `decodeImage`
 */
export const decodeReduced = async (
  bytes: Uint8Array,
  shrinkOf: (width: number, height: number) => number,
  options: DecodeOptions = {},
): Promise<Decoded> => {
  const { maxPixels = MAX_PIXELS, budget, window } = options;
  const format = formatOf(bytes, window);
  try {
    const deep = await openDeep(bytes, format, { maxPixels, window });
    if (!deep) return await decodePlain(bytes, format as PlainFormat, { ...options, shrinkOf });
    const { cost, frames, width, height } = deep;
    const { pixels, ...more } = await (budget ? budget.run(cost, deep.decode) : deep.decode());
    return { format, frames, width, height, pixels: await reducePixels(pixels, shrinkOf(width, height)), ...more };
  } catch (thrown) {
    throw decodeError(thrown, bytes, format);
  }
};

const shrunk = (image: Sharp, { width, height }: { width: number; height: number }, shrink: number): Sharp =>
  shrink === 1
    ? image
    : image.resize(Math.max(1, Math.floor(width / shrink)), Math.max(1, Math.floor(height / shrink)), {
        fit: "fill",
        kernel: "linear",
      });

/** The same reduction for pixels in memory. */
export const reducePixels = async (pixels: Pixels, shrink: number): Promise<Pixels> => {
  if (shrink === 1) return pixels;
  const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
  return toPixels(shrunk(sharp(pixels.data, { raw }), pixels, shrink), [0, 0, 0]);
};

/**
 * Format, size as seen and number of frames, from the header: nothing is decoded.
 *
 * @throws E_IMAGE_EMPTY, E_IMAGE_FORMAT, E_IMAGE_TRUNCATED, E_IMAGE_TOO_LARGE, E_IMAGE_DAMAGED
 */
export const readHeader = async (bytes: Uint8Array, options: DecodeOptions = {}): Promise<ImageHeader> => {
  const { maxPixels = MAX_PIXELS, window } = options;
  const format = formatOf(bytes, window);
  try {
    const deep = await openDeep(bytes, format, { maxPixels, window });
    if (deep) return { format, frames: deep.frames, width: deep.width, height: deep.height };
    const { frames } = checkSize(bytes, format as PlainFormat, maxPixels);
    const { autoOrient } = await openSharp(bytes, maxPixels).metadata();
    return { format, frames, width: autoOrient.width, height: autoOrient.height };
  } catch (thrown) {
    throw decodeError(thrown, bytes, format);
  }
};

/**
 * All pixels at full size: upright, sRGB, 8 bits, transparent parts on `background`; of animations the first frame.
 *
 * @throws E_IMAGE_EMPTY, E_IMAGE_FORMAT (named by content, with what to do), E_IMAGE_TRUNCATED, E_IMAGE_TOO_LARGE
 *   (before decoding), E_IMAGE_DAMAGED
 */
export const decodeImage = async (bytes: Uint8Array, options: DecodeOptions = {}): Promise<Pixels> =>
  (await decodeReduced(bytes, () => 1, options)).pixels;
