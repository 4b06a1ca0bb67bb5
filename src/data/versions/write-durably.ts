import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes all bytes at the end of an open file. */
export const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
};

/** Has the names in a folder survive a power failure. */
export const syncFolder = (folder: string): void => {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/**
 * Writes a small file whole or not at all, so that it survives a power failure.
 *
 * @param temporaryFolder  on the same disk
 */
export const writeDurably = (path: string, text: string, temporaryFolder: string): void => {
  const temporary = join(temporaryFolder, randomUUID());
  const file = openSync(temporary, "wx");
  try {
    try {
      writeAll(file, Buffer.from(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
  syncFolder(dirname(path));
};
