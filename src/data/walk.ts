import { accessSync, closeSync, constants, openSync, readSync, type Dirent } from "node:fs";
import { opendir, realpath } from "node:fs/promises";
import { messageOf } from "../base/errors.ts";
import type { Skipped } from "./dataset.ts";
import { escapeName, extensionOf, isBareName, isImageName, isJunkName } from "./names.ts";
import { DICOM_MARK_BYTES, isDicom } from "./sniff.ts";
import { SYNTHETIC_MARKER } from "./synthetic-marker.ts";

/** Relative path in bytes, "/" between folders. */
export type RelativePath = Buffer;

const SLASH = Buffer.from("/");
const METRICS = Buffer.from("metrics.json");
const MODEL = Buffer.from("model.onnx");
const MARKER = Buffer.from(SYNTHETIC_MARKER);

export const joinPath = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, SLASH, name]);

/** What a walk has met besides images. */
export interface Encounters {
  readonly skipped: Skipped[];
  ignored: number;
  readonly ignoredExamples: string[];
  /** Folders of made pictures, which were not entered. */
  readonly synthetic: string[];
}

const MAX_EXAMPLES = 5;

export const createEncounters = (): Encounters => ({ skipped: [], ignored: 0, ignoredExamples: [], synthetic: [] });

export const ignore = (met: Encounters, relative: RelativePath): void => {
  met.ignored++;
  if (met.ignoredExamples.length < MAX_EXAMPLES) met.ignoredExamples.push(escapeName(relative));
};

/** What is in one folder that may be looked at further; bytes of names, in no stated order. */
export interface Folder {
  readonly images: RelativePath[];
  readonly folders: RelativePath[];
  /** Whether it is one that a run of Handful wrote: nothing in it is a photo. */
  readonly ownOutput: boolean;
}

const errorCode = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";

/** Why a symbolic link is not followed: what it points to is here already, or is none of this data set's. */
const linkFault = async (root: Buffer, relative: RelativePath): Promise<Omit<Skipped, "name">> => {
  const path = joinPath(root, relative);
  let target: Buffer;
  try {
    target = await realpath(path, { encoding: "buffer" });
  } catch (thrown) {
    if (errorCode(thrown) === "ELOOP")
      return { code: "E_LINK_LOOP", reason: "a symbolic link that leads back to itself" };
    return { code: "E_LINK_BROKEN", reason: "a symbolic link to something that is not there" };
  }
  const under = (folder: Buffer, inner: Buffer): boolean =>
    inner.equals(folder) || inner.subarray(0, folder.length + 1).equals(Buffer.concat([folder, SLASH]));
  const shown = escapeName(target);
  if (!under(root, target))
    return {
      code: "E_LINK_OUTSIDE",
      reason: `a symbolic link out of the data set, to ${shown}; copy the file in, or name it in a manifest beside it`,
    };
  if (under(target, path)) return { code: "E_LINK_LOOP", reason: `a symbolic link to a folder it lies in, ${shown}` };
  return { code: "E_LINK", reason: `a symbolic link to ${shown}, which is taken where it lies` };
};

const kindOf = (entry: Dirent<Buffer>): string =>
  entry.isFIFO() ? "a named pipe" : entry.isSocket() ? "a socket" : "a device";

const may = (path: Buffer, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

/** Whether a regular file holds DICOM; one that cannot be read does not show. */
const holdsDicom = (path: Buffer): boolean => {
  const head = Buffer.alloc(DICOM_MARK_BYTES);
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readSync(file, head, 0, head.length, 0) === head.length && isDicom(head);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
};

/**
 * Sorts one directory entry into what is taken, skipped or ignored; opens nothing but files whose names say nothing, as
 * scanners write them.
 */
const takeEntry = async (
  relative: RelativePath,
  entry: Dirent<Buffer>,
  into: Omit<Folder, "ownOutput"> & { root: Buffer; met: Encounters },
): Promise<void> => {
  const { root, met } = into;
  const name = escapeName(entry.name);
  const skip = (fault: Omit<Skipped, "name">): void => void met.skipped.push({ name: escapeName(relative), ...fault });
  if (isJunkName(name)) return ignore(met, relative);
  if (entry.isDirectory()) {
    if (may(joinPath(joinPath(root, relative), MARKER), constants.F_OK)) met.synthetic.push(escapeName(relative));
    else into.folders.push(relative);
  } else if (entry.isFile()) {
    const taken = isImageName(name) || (isBareName(name) && holdsDicom(joinPath(root, relative)));
    if (!taken) ignore(met, relative);
    else if (may(joinPath(root, relative), constants.R_OK)) into.images.push(relative);
    else skip({ code: "E_FILE_PERMISSION", reason: "no permission to read it" });
  } else if (entry.isSymbolicLink()) {
    if (isImageName(name) || extensionOf(name) === "") skip(await linkFault(root, relative));
    else ignore(met, relative);
  } else skip({ code: "E_FILE_KIND", reason: `${kindOf(entry)}, not a file` });
};

/**
 * One folder's images and folders; everything else goes to `met`. Streams: a folder of a million files is never held
 * as a listing.
 *
 * @param root  absolute and real (no link in it)
 */
export const readFolder = async (root: Buffer, folder: RelativePath, met: Encounters): Promise<Folder> => {
  const into = { root, images: [] as RelativePath[], folders: [] as RelativePath[], met };
  const outputs = new Set<string>();
  try {
    // Node gives names as bytes when asked to; its types know only of text encodings here.
    const options = { encoding: "buffer" as BufferEncoding, bufferSize: 1024 };
    const directory = await opendir(joinPath(root, folder), options);
    for await (const entry of directory as unknown as AsyncIterable<Dirent<Buffer>>) {
      if (entry.name.equals(METRICS) || entry.name.equals(MODEL)) outputs.add(entry.name.toString());
      await takeEntry(joinPath(folder, entry.name), entry, into);
    }
  } catch (thrown) {
    const denied = ["EACCES", "EPERM"].includes(errorCode(thrown));
    met.skipped.push({
      name: escapeName(folder),
      code: denied ? "E_FILE_PERMISSION" : "E_FILE_READ",
      reason: denied ? "no permission to open the folder" : messageOf(thrown),
    });
  }
  return { images: into.images, folders: into.folders, ownOutput: outputs.size === 2 };
};

/**
 * Every image under a folder, one by one, depth first without recursion.
 *
 * @param to.onImage  gets the path relative to `root`
 */
export const walkImages = async (
  root: Buffer,
  folder: RelativePath,
  to: { met: Encounters; onImage: (relative: RelativePath) => void },
): Promise<void> => {
  const { met, onImage } = to;
  const open = [folder];
  for (let next = open.pop(); next; next = open.pop()) {
    const { images, folders, ownOutput } = await readFolder(root, next, met);
    if (ownOutput) ignore(met, next);
    else {
      for (const image of images) onImage(image);
      for (const inner of folders) open.push(inner);
    }
  }
};
