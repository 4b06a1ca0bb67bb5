import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { decodePackIndex, FOOTER_BYTES, indexLength, PACK_HEAD, packError, type PackedObject } from "./pack.ts";

/** A pack's file, open for reading. */
export interface PackFile {
  readonly sizeBytes: number;
  /** @throws E_PACK_DAMAGED unless head, index and length are those of the pack of this name */
  objects(): PackedObject[];
  /** Bytes of an object; fewer where the file is cut off. */
  read(object: Pick<PackedObject, "offset" | "length">): Buffer;
  close(): void;
}

/** Bytes of an open file; fewer where it ends before. */
const readOpen = (file: number, { offset, length }: Pick<PackedObject, "offset" | "length">): Buffer => {
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, fstatSync(file).size - offset)));
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(file, bytes, done, bytes.length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
};

/** A part of a file; fewer bytes where it ends before. */
export const readPart = (path: string, part: Pick<PackedObject, "offset" | "length">): Buffer => {
  const file = openSync(path, "r");
  try {
    return readOpen(file, part);
  } finally {
    closeSync(file);
  }
};

/** Opens the pack of a name; throws as the system does where it cannot be read. */
export const openPackFile = (path: string, name: string): PackFile => {
  const file = openSync(path, "r");
  const sizeBytes = fstatSync(file).size;
  const read = (part: Pick<PackedObject, "offset" | "length">): Buffer => readOpen(file, part);
  const objects = (): PackedObject[] => {
    if (!read({ offset: 0, length: PACK_HEAD.length }).equals(PACK_HEAD))
      throw packError(name, "does not begin as a pack does");
    const footer = Math.max(0, sizeBytes - FOOTER_BYTES);
    const length = indexLength(name, read({ offset: footer, length: FOOTER_BYTES }));
    if (length > footer) throw packError(name, "is cut off, or its end is damaged");
    const found = decodePackIndex(name, read({ offset: footer - length, length }));
    const last = found.at(-1);
    if ((last ? last.offset + last.length : PACK_HEAD.length) !== footer - length)
      throw packError(name, "wanted another length: bytes are missing or too many");
    return found;
  };
  return { sizeBytes, objects, read, close: () => closeSync(file) };
};
