import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readHeader } from "./image.ts";
import { manifestRows } from "./manifest-rows.ts";
import { extensionOf } from "./names.ts";
import { checkPhotosPath } from "./scan.ts";
import { sniff } from "./sniff.ts";
import { createEncounters, joinPath, readFolder } from "./walk.ts";

/** Bytes that tell what a file is, also where it is compressed. */
const HEAD_BYTES = 8192;
/** Rows or folders after which nothing is looked for any more. */
const MOST = 1000;

const headOf = async (path: Buffer | string): Promise<Buffer> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** The first image of a folder in the order of names, or of a manifest. */
const firstImage = async (path: string, isFolder: boolean): Promise<Buffer | string | null> => {
  if (!isFolder) {
    for await (const { cells } of manifestRows(path)) {
      const name = [...cells.values()].find((cell) => ["nii", "nii.gz"].includes(extensionOf(cell)));
      if (name !== undefined) return resolve(dirname(path), name);
    }
    return null;
  }
  const root = Buffer.from(path);
  const waiting: Buffer[] = [Buffer.alloc(0)];
  for (let seen = 0; seen < MOST; seen++) {
    const folder = waiting.shift();
    if (!folder) return null;
    const { images, folders } = await readFolder(root, folder, createEncounters());
    if (images.length > 0) return joinPath(root, images.sort(Buffer.compare)[0]!);
    waiting.unshift(...folders.sort(Buffer.compare));
  }
  return null;
};

/**
 * Whether a data set is one of volumes: its first image, in the order of names, is a NIfTI file of several planes. Reads
 * the beginning of that file alone.
 *
 * @throws as `checkPhotosPath`
 */
export const holdsVolumes = async (path: string): Promise<boolean> => {
  const { path: absolute, isFolder } = await checkPhotosPath(path);
  const first = await firstImage(absolute, isFolder);
  const head = first === null ? null : await headOf(first).catch(() => null); // whoever reads it in earnest says why not
  if (!head || sniff(head).format !== "nifti") return false;
  const header = await readHeader(head).catch(() => null);
  return header !== null && header.frames > 1;
};
