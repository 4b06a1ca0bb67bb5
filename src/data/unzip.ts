import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { openPromise, type Entry, type ZipFile } from "yauzl";
import { dataError, HandfulError, messageOf } from "../base/errors.ts";
import { extensionOf, isImageName, isJunkName } from "./names.ts";

/** What an archive may hold. */
export interface ZipLimits {
  readonly entries: number;
  /** Bytes of one file and of all together, unpacked. */
  readonly fileBytes: number;
  readonly totalBytes: number;
  /** Unpacked over packed size: photos hardly pack, lists of names some twenty times. */
  readonly ratio: number;
}

const LIMITS: ZipLimits = { entries: 500_000, fileBytes: 512e6, totalBytes: 64e9, ratio: 200 };
/** Files up to this size may pack as well as they like, as long as the whole does not. */
const SMALL_BYTES = 1e6;

/** File types in the upper half of the attributes, as Unix writes them. */
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));

const typeFault = ({ externalFileAttributes }: Entry): string | null => {
  const type = (externalFileAttributes >>> 16) & TYPE_MASK;
  if (type === 0 || type === REGULAR || type === DIRECTORY) return null;
  return type === 0o120000 ? "is a symbolic link" : "is a device, pipe or socket";
};

/** Why a path must not be unpacked; null where it may. */
const nameFault = (name: string): string | null => {
  if (name === "" || name.includes("\0")) return "has no usable name";
  if (name.startsWith("/") || name.startsWith("\\") || /^[a-z]:/i.test(name)) return "has an absolute path";
  if (name.includes("\\")) return "has a backslash in its path";
  if (name.split("/").includes("..")) return "leads out of the archive (..)";
  return name
    .replace(/\/$/, "")
    .split("/")
    .some((part) => part === "" || part === ".")
    ? "has an odd path"
    : null;
};

const sizeFault = ({ uncompressedSize, compressedSize }: Entry, limits: ZipLimits): string | null => {
  if (uncompressedSize > limits.fileBytes) return `unpacks to more than ${limits.fileBytes / 1e6} MB`;
  return uncompressedSize > SMALL_BYTES && uncompressedSize > limits.ratio * compressedSize
    ? `unpacks to more than ${limits.ratio} times its size`
    : null;
};

const entryFault = (entry: Entry, limits: ZipLimits): string | null => {
  if (entry.isEncrypted()) return "is encrypted";
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) return "is packed in an unusual way";
  return nameFault(entry.fileName) ?? typeFault(entry) ?? sizeFault(entry, limits);
};

/** Refuses names that stand twice, and files where another entry needs a folder. */
const createNameCheck = (): ((name: string) => string | null) => {
  const [files, folders] = [new Set<string>(), new Set<string>()];
  return (name) => {
    const plain = name.normalize("NFC").replace(/\/$/, "");
    const parts = plain.split("/");
    if (!name.endsWith("/")) {
      if (files.has(plain)) return "is there twice";
      if (folders.has(plain)) return "is a file and a folder";
      files.add(plain);
    } else if (files.has(plain)) return "is a file and a folder";
    for (let length = name.endsWith("/") ? parts.length : parts.length - 1; length > 0; length--) {
      const folder = parts.slice(0, length).join("/");
      if (folders.has(folder)) break;
      if (files.has(folder)) return "lies in a file";
      folders.add(folder);
    }
    return null;
  };
};

/** Photos, and lists of them; the rest, archives in archives too, stays packed. */
const isWanted = (name: string): boolean =>
  !name.endsWith("/") &&
  !name.split("/").some(isJunkName) &&
  (isImageName(name) || /^(csv|tsv|jsonl|ndjson|json)$/.test(extensionOf(name)));

const refuse = (path: string, what: string): HandfulError =>
  dataError("E_ZIP", `${path}: ${what}; nothing of it was taken`, {
    hint: "Unpack it yourself if you trust it, look at what is inside, and import the folder.",
  });

/** Reads the whole directory of an archive before anything is written. */
const readEntries = async (zip: ZipFile, path: string, limits: ZipLimits): Promise<Entry[]> => {
  if (zip.entryCount > limits.entries)
    throw refuse(path, `holds ${zip.entryCount} entries, wanted at most ${limits.entries}`);
  const check = createNameCheck();
  const entries: Entry[] = [];
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    const fault = entryFault(entry, limits) ?? check(entry.fileName);
    if (fault !== null) throw refuse(path, `entry ${shown(entry.fileName)} ${fault}`);
    total += entry.uncompressedSize;
    if (total > limits.totalBytes) throw refuse(path, `unpacks to more than ${limits.totalBytes / 1e9} GB`);
    entries.push(entry);
  }
  if (total > limits.fileBytes && total > limits.ratio * zip.fileSize)
    throw refuse(path, `unpacks to more than ${limits.ratio} times its size`);
  return entries;
};

/** Lets bytes through as long as they keep to what the directory says of them. */
const createGuard = ({ uncompressedSize, crc32: wanted, fileName }: Entry): Transform => {
  let [length, sum] = [0, 0];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      sum = crc32(chunk, sum);
      done(length > uncompressedSize ? new Error(`entry ${shown(fileName)} is longer than it says`) : null, chunk);
    },
    flush(done) {
      const isWhole = length === uncompressedSize && sum === wanted;
      done(isWhole ? null : new Error(`entry ${shown(fileName)} is damaged: its size or checksum is another`));
    },
  });
};

/**
 * Unpacks photos and lists of photos from a zip archive into an empty folder, and nothing anywhere else.
 *
 * Every entry is checked before the first byte is written: paths that lead out, links, devices, names that stand twice,
 * encryption, bombs by number, size or ratio; then each byte against size and checksum. One fault refuses it all.
 *
 * @param folder  absolute, empty: what stands in it after a refusal is the caller's to delete
 * @returns number of files written, and of entries left packed
 * @throws E_ZIP
 */
export const unzip = async (
  path: string,
  folder: string,
  options: { readonly limits?: ZipLimits; readonly signal?: AbortSignal } = {},
): Promise<{ files: number; ignored: number }> => {
  const { limits = LIMITS, signal } = options;
  let zip: ZipFile | null = null;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true });
    const entries = await readEntries(zip, path, limits);
    const wanted = entries.filter(({ fileName }) => isWanted(fileName));
    for (const entry of wanted) {
      signal?.throwIfAborted();
      const target = join(folder, entry.fileName);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(
        await zip.openReadStreamPromise(entry),
        createGuard(entry),
        createWriteStream(target, { flags: "wx" }),
      );
    }
    return {
      files: wanted.length,
      ignored: entries.filter(({ fileName }) => !fileName.endsWith("/")).length - wanted.length,
    };
  } catch (thrown) {
    if (thrown instanceof HandfulError || (thrown instanceof Error && "syscall" in thrown)) throw thrown;
    if (thrown instanceof Error && thrown.name === "AbortError") throw thrown;
    throw refuse(path, messageOf(thrown));
  } finally {
    zip?.close();
  }
};
