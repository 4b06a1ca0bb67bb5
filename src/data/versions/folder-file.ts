import { hash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type BigIntStats } from "node:fs";
import { dataError } from "../../base/errors.ts";

/** What the system says of a file, as one text: while it stays the same, so did the bytes. */
export interface FileState {
  /** Size, time of modification, time of change, and number of the file. */
  readonly stat: string;
  readonly sizeBytes: number;
  /** When the system last changed anything of it, in ns since 1970. */
  readonly changed: bigint;
}

const stateOf = ({ size, mtimeNs, ctimeNs, ino }: BigIntStats): FileState => ({
  stat: `${size} ${mtimeNs} ${ctimeNs} ${ino}`,
  sizeBytes: Number(size),
  changed: ctimeNs > mtimeNs ? ctimeNs : mtimeNs,
});

/** Largest file taken. */
const MAX_BYTES = 2 ** 31 - 1;

/** What the system says of a file, links followed; null where there is none. */
export const fileState = (path: Buffer): FileState | null => {
  const info = statSync(path, { bigint: true, throwIfNoEntry: false });
  return info?.isFile() ? stateOf(info) : null;
};

/**
 * A file's bytes, their sha256, and what the system says of it, which was the same before and after.
 *
 * @throws E_FILE_KIND, E_FILE_TOO_LARGE; E_FILE_CHANGED where something writes to it
 */
export const readWhole = (path: Buffer, name: string): FileState & { bytes: Buffer; hash: string } => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = fstatSync(file, { bigint: true });
    if (!info.isFile()) throw dataError("E_FILE_KIND", `${name}: wanted a regular file, got a folder, pipe or device`);
    if (info.size > MAX_BYTES)
      throw dataError("E_FILE_TOO_LARGE", `${name}: wanted at most 2 GiB, got ${info.size} bytes`);
    const before = stateOf(info);
    const bytes = Buffer.allocUnsafeSlow(before.sizeBytes);
    let length = 0;
    while (length < bytes.length) {
      const got = readSync(file, bytes, length, bytes.length - length, null);
      if (got === 0) break;
      length += got;
    }
    if (length < bytes.length || stateOf(fstatSync(file, { bigint: true })).stat !== before.stat)
      throw dataError("E_FILE_CHANGED", `${name}: changed while it was read`, {
        hint: "Run again once nothing writes to it.",
      });
    return { ...before, bytes, hash: hash("sha256", bytes, "hex") };
  } finally {
    closeSync(file);
  }
};
