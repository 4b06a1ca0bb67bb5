import sharp from "sharp";
import { sniff } from "./sniff.ts";

/** EXIF tags: when the picture was taken, and how far the clock was from UTC; where their directory lies. */
const TAKEN = 0x9003;
const OFFSET = 0x9011;
const EXIF_DIRECTORY = 0x8769;
/** Entries of a directory that are read. */
const MOST_ENTRIES = 500;

/** Reads numbers of a TIFF block; null beyond its end. */
const createReader = (block: Buffer) => {
  const little = block.toString("latin1", 0, 2) === "II";
  const number = (at: number, bytes: 2 | 4): number | null => {
    if (at < 0 || at + bytes > block.length) return null;
    return little ? block.readUIntLE(at, bytes) : block.readUIntBE(at, bytes);
  };
  return { number, text: (at: number, length: number) => block.toString("latin1", at, at + length) };
};

type Reader = ReturnType<typeof createReader>;

/** Where the value of a tag stands in the directory at `start`. */
const findTag = ({ number }: Reader, start: number, tag: number): { at: number; count: number } | null => {
  const entries = number(start, 2) ?? 0;
  for (let i = 0; i < Math.min(entries, MOST_ENTRIES); i++) {
    const entry = start + 2 + 12 * i;
    if (number(entry, 2) === tag) return { at: entry + 8, count: number(entry + 4, 4) ?? 0 };
  }
  return null;
};

const textOf = (reader: Reader, directory: number, tag: number): string | null => {
  const found = findTag(reader, directory, tag);
  if (!found || found.count > 64) return null;
  const at = found.count <= 4 ? found.at : reader.number(found.at, 4);
  return at === null ? null : reader.text(at, found.count).replace(/\0.*$/s, "");
};

/**
 * A time as people and cameras write it, "2026-11-24", "2026-11-24 10:02", "2026:11:24 10:02:11", "...+01:00", in
 * milliseconds since 1970; without a zone as UTC, for only the order counts.
 *
 * @returns null for anything else
 */
export const parseTime = (text: string): number | null => {
  const match = /^(\d{4})[-:/](\d\d)[-:/](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i.exec(
    text.trim(),
  );
  if (!match) return null;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const offset = zone.toUpperCase() === "Z" ? "Z" : zone.replace(/^(...):?/, "$1:");
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${offset}`);
  // 31 February is read as 3 March
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return Number.isNaN(time) || !isDay ? null : time;
};

/** When a picture was taken by what its EXIF block says, in milliseconds since 1970; null where it does not say. */
export const exifTime = (exif: Buffer): number | null => {
  const block = exif.toString("latin1", 0, 6) === "Exif\0\0" ? exif.subarray(6) : exif;
  const reader = createReader(block);
  const first = reader.number(4, 4);
  const pointer = first === null ? null : findTag(reader, first, EXIF_DIRECTORY);
  const directory = pointer && reader.number(pointer.at, 4);
  if (directory === null) return null;
  const taken = textOf(reader, directory, TAKEN);
  return taken === null ? null : parseTime(taken + (textOf(reader, directory, OFFSET) ?? ""));
};

/** When a photo was taken, by its file; null where it does not say. Decodes nothing. */
export const captureTime = async (bytes: Buffer): Promise<number | null> => {
  const { format } = sniff(bytes);
  if (format !== "jpeg" && format !== "png" && format !== "webp" && format !== "tiff") return null;
  try {
    const { exif } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return exif ? exifTime(exif) : null;
  } catch {
    return null; // damaged: who decodes it says so
  }
};
