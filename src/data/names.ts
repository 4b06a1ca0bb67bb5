import { isUtf8 } from "node:buffer";

// Control characters, line separators, byte order mark, and the marks that reverse the direction of text:
// shown raw they could break a line, hide a suffix or move the cursor. The backslash, since it marks escapes.
const UNSAFE = /[\\\p{Cc}\u2028\u2029\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const escapeText = (text: string): string =>
  text.replace(UNSAFE, (char) => (char === "\\" ? "\\\\" : `\\u{${char.codePointAt(0)!.toString(16)}}`));

/** Length of the UTF-8 character that a byte begins. */
const sequenceLength = (lead: number): number => (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);

/**
 * A file name as printable text from which `unescapeName` gets the bytes back.
 *
 * Ordinary names stay as they are; bytes that are not UTF-8 become `\xHH`, control and direction characters `\u{H}`,
 * a backslash `\\`.
 */
export const escapeName = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return escapeText(bytes.toString("utf8"));
  let name = "";
  for (let i = 0; i < bytes.length;) {
    const char = bytes.subarray(i, i + sequenceLength(bytes[i]!));
    const valid = isUtf8(char);
    name += valid ? escapeText(char.toString("utf8")) : `\\x${bytes[i]!.toString(16).padStart(2, "0")}`;
    i += valid ? char.length : 1;
  }
  return name;
};

/** The bytes of an escaped name, or null where an escape is not one of ours. */
export const unescapeName = (name: string): Buffer | null => {
  if (!name.includes("\\")) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  for (const [token] of name.matchAll(/\\x[0-9a-f]{2}|\\u\{[0-9a-f]{1,6}\}|\\\\|\\|[^\\]+/g)) {
    if (token === "\\") return null;
    if (token === "\\\\") parts.push(Buffer.from("\\"));
    else if (token.startsWith("\\x")) parts.push(Buffer.from(token.slice(2), "hex"));
    else if (token.startsWith("\\u")) {
      const point = parseInt(token.slice(3, -1), 16);
      if (point > 0x10ffff) return null;
      parts.push(Buffer.from(String.fromCodePoint(point)));
    } else parts.push(Buffer.from(token));
  }
  return Buffer.concat(parts);
};

/**
 * Suffix in lower case without the dot, "nii.gz" in one piece; trailing spaces and dots, which some systems add, do not
 * count.
 */
export const extensionOf = (name: string): string =>
  /\.(nii\.gz|[^./]+)[\s.]*$/i.exec(name)?.[1]?.trim().toLowerCase() ?? "";

/** Suffixes of the formats that are decoded. */
export const FORMAT_EXTENSIONS = {
  jpeg: ["jpg", "jpeg", "jpe", "jfif"],
  png: ["png", "apng"],
  webp: ["webp"],
  tiff: ["tif", "tiff"],
  dicom: ["dcm", "dicom", "ima"],
  nifti: ["nii", "nii.gz"],
} as const;

// Formats that are not decoded count as images too, so that they are reported and not silently passed over.
const FOREIGN_EXTENSIONS = "gif bmp dib heic heif avif svg ico psd pdf jxl jp2 j2k dng cr2 cr3 nef arw orf rw2".split(
  " ",
);

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  ...Object.values(FORMAT_EXTENSIONS).flat(),
  ...FOREIGN_EXTENSIONS,
]);

/** Whether a name says that it is an image, decoded here or not. */
export const isImageName = (name: string): boolean => IMAGE_EXTENSIONS.has(extensionOf(name));

/** Whether a name says nothing of what a file is, as scanners name theirs: "IM000017", "1.2.840.113619.2". */
export const isBareName = (name: string): boolean => /^\d*$/.test(extensionOf(name));

const JUNK =
  /^(\.|thumbs\.db$|desktop\.ini$|__macosx$|@eadir$|\$recycle\.bin$|system volume information$|lost\+found$|dicomdir$|node_modules$|__pycache__$)/i;

/** Whether a file or folder is hidden or what operating systems and tools leave lying about. */
export const isJunkName = (name: string): boolean => JUNK.test(name);

/** `a` before `b`, by code unit: the same on every machine, whatever its language. */
export const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
