import { isNifti } from "./nifti-head.ts";

/** Formats that are decoded, TIFF where an intensity window is stated; everything else is refused by its content. */
export type ImageFormat = "jpeg" | "png" | "webp" | "tiff" | "dicom" | "nifti";

/** What the header says. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Size as seen, after EXIF orientation, in pixels. */
  readonly width: number;
  readonly height: number;
  /** More than 1 in animations, of which the first frame is taken, and in DICOM and NIfTI, of which the middle one is. */
  readonly frames: number;
}

/** What the first bytes say a file is. */
export type Sniffed =
  | { readonly format: ImageFormat }
  | { readonly format: null; /** "an HTML page" */ readonly what: string; readonly hint: string };

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, Math.min(end, bytes.length)));

const magick = "Convert it with: magick input output.png";
const download = "The download failed and its error page was saved in place of the image: fetch it again.";

/** First bytes (as Latin-1), what the file is, and what to do about it. */
const SIGNATURES: readonly (readonly [RegExp, string, string])[] = [
  [/^GIF8[79]a/, "a GIF", "Convert its first frame with: magick 'input.gif[0]' output.png"],
  [/^BM[^]{4}\0\0\0\0/, "a BMP", magick],
  [/^[^]{4}ftypavi[fs]/, "an AVIF", magick],
  [/^[^]{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/, "a HEIC/HEIF", "Convert it with: heif-convert input.heic output.jpg"],
  [/^[^]{4}ftyp/, "a video (MP4/MOV)", "Extract frames with: ffmpeg -i input -vf fps=1 frame-%04d.jpg"],
  [/^\0\0[\x01\x02]\0[^\0]/, "an icon (ICO)", magick],
  [/^8BPS/, "a Photoshop file (PSD)", "Convert it with: magick 'input.psd[0]' output.png"],
  [/^%PDF/, "a PDF", "Extract its pages with: pdftoppm -png input.pdf page"],
  [/^(\xff\x0a|\0\0\0\x0cJXL )/, "a JPEG XL", "Convert it with: djxl input.jxl output.png"],
  [/^(\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/, "a JPEG 2000", magick],
  [/^PK\x03\x04/, "a ZIP archive", "Unpack it and point at the folder."],
  [/^\x1f\x8b/, "a gzip archive", "Unpack it and point at the folder."],
  [/^version https:\/\/git-lfs/, "a Git LFS pointer, not the image itself", "Fetch the images with: git lfs pull"],
  [
    /^\s*(<\?xml[^]*?|<!--[^]*?-->\s*|<!DOCTYPE svg[^]*?)*<svg[\s>]/i,
    "an SVG",
    "Draw it with: rsvg-convert input.svg -o output.png",
  ],
  [/^\s*(<!--[^]*?-->\s*)*<(!doctype html|html|head|body)/i, "an HTML page", download],
  [/^\s*<\?xml/, "an XML document", download],
  [/^\s*[[{]\s*("|\{|\[)/, "a JSON document", download],
];

/** Bytes that tell a DICOM file. */
export const DICOM_MARK_BYTES = 132;

/** Whether a file begins as DICOM does: 128 bytes of anything, then its mark. */
export const isDicom = (bytes: Uint8Array): boolean => ascii(bytes, 128, DICOM_MARK_BYTES) === "DICM";

/** What the content is, whatever the name says. */
export const sniff = (bytes: Uint8Array): Sniffed => {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return { format: "jpeg" };
  const head = ascii(bytes, 0, 1024);
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return { format: "png" };
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return { format: "webp" };
  if (/^(II\*\0|MM\0\*|II\+\0|MM\0\+)/.test(head)) return { format: "tiff" };
  if (isDicom(bytes)) return { format: "dicom" };
  if (isNifti(bytes)) return { format: "nifti" };
  const text = head.replace(/^\xef\xbb\xbf/, "");
  const known = SIGNATURES.find(([pattern]) => pattern.test(text));
  if (known) return { format: null, what: known[1], hint: known[2] };
  if (/^[\t\n\r\x20-\x7e]+$/.test(text)) return { format: null, what: "a text file", hint: download };
  return { format: null, what: "something unknown", hint: "Open it in an image viewer and save it as JPEG or PNG." };
};

/** Size as stored (before EXIF orientation), in pixels, and number of frames. */
export interface StoredSize {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

const jpegSize = (view: DataView): StoredSize | null => {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    const bare = marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    // Start of frame: C0-CF, of which C4, C8 and CC mean something else.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), frames: 1 };
    if (marker === 0xd9 || marker === 0xda) return null;
    at += marker === 0xff ? 1 : bare ? 2 : 2 + view.getUint16(at + 2);
  }
  return null;
};

const pngSize = (view: DataView): StoredSize | null => {
  if (view.byteLength < 33) return null;
  let frames = 1;
  for (let at = 33; at + 12 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const type = view.getUint32(at + 4);
    if (type === 0x49444154) break; // IDAT
    if (type === 0x6163544c) frames = view.getUint32(at + 8); // acTL: animated
  }
  return { width: view.getUint32(16), height: view.getUint32(20), frames };
};

const webpSize = (view: DataView): StoredSize | null => {
  if (view.byteLength < 30) return null;
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  const chunk = view.getUint32(12);
  if (chunk === 0x56503820)
    // "VP8 "
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, frames: 1 };
  if (chunk === 0x5650384c) {
    // "VP8L"
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, frames: 1 };
  }
  if (chunk !== 0x56503858) return null; // "VP8X"
  let frames = 0;
  for (let at = 30; at + 8 <= view.byteLength; at += 8 + ((view.getUint32(at + 4, true) + 1) & ~1))
    if (view.getUint32(at) === 0x414e4d46) frames++; // "ANMF"
  return { width: uint24(24) + 1, height: uint24(27) + 1, frames: Math.max(1, frames) };
};

/** Size and frames from the header of a JPEG, PNG or WebP, or null where it is cut off, not understood, or of another. */
export const storedSize = (bytes: Uint8Array, format: ImageFormat): StoredSize | null => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readers = { jpeg: jpegSize, png: pngSize, webp: webpSize, tiff: null, dicom: null, nifti: null };
  const size = readers[format]?.(view);
  return size && size.width > 0 && size.height > 0 ? size : null;
};
