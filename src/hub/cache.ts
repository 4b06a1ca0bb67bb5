import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readFile, readlink, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { isCommit, refPath, snapshotPath, type HubFile } from "./layout.ts";

/** SHA-256 of a file, in hexadecimal. */
export const fileSha256 = async (path: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, signal ? { signal } : {});
  return hash.digest("hex");
};

const isAbsent = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && (thrown.code === "ENOENT" || thrown.code === "ENOTDIR");

/** The value, or null where the file is not there; other failures are thrown on. */
export const orAbsent = async <T>(promise: Promise<T>): Promise<T | null> => {
  try {
    return await promise;
  } catch (thrown) {
    if (isAbsent(thrown)) return null;
    throw thrown;
  }
};

/** The commit a revision stands for as far as the cache knows; null when it was never seen. */
export const cachedCommit = async (cacheDir: string, { repo, revision }: HubFile): Promise<string | null> => {
  if (isCommit(revision)) return revision;
  const text = (await orAbsent(readFile(refPath(cacheDir, repo, revision), "utf8")))?.trim();
  return text && isCommit(text) ? text : null;
};

/** A file found in the cache. */
export interface CachedFile {
  readonly path: string;
  readonly sha256: string;
  /** False where its contents are not what its blob's name says: bit-rot, or somebody wrote over it. */
  readonly sound: boolean;
}

/**
 * Looks for a file in the cache and reads it through: blobs named by SHA-256 are checked against their name.
 *
 * @param wanted  SHA-256 the file must have, where known
 */
export const findCached = async (cacheDir: string, file: HubFile, wanted?: string): Promise<CachedFile | null> => {
  const commit = await cachedCommit(cacheDir, file);
  if (!commit) return null;
  const path = snapshotPath(cacheDir, file.repo, commit, file.path);
  const blob = await orAbsent(realpath(path));
  if (!blob) return null;
  const sha256 = await fileSha256(blob);
  const named = /^[0-9a-f]{64}$/.test(basename(blob)) ? basename(blob) : undefined;
  return { path, sha256, sound: [wanted, named].every((hash) => hash === undefined || hash === sha256) };
};

/** Puts something new in the place of `path` in one step: made beside it, then renamed over it. */
const replace = async (path: string, make: (temporary: string) => Promise<unknown>): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
};

/**
 * Makes a blob visible under its commit: a relative link, or a copy where the file system has no links.
 *
 * @param link  how a link is made
 */
export const placeSnapshot = async (path: string, blob: string, link = symlink): Promise<void> => {
  const target = relative(dirname(path), blob);
  const old = await readlink(path).catch(() => null); // no link there, whatever the reason: it is made anew
  if (old === target) return;
  await replace(path, async (temporary) => {
    try {
      await link(target, temporary);
    } catch {
      await copyFile(blob, temporary); // Windows without the privilege, FAT, some network drives
    }
  });
};

/** Notes at which commit a branch or tag was seen. Commits need no note. */
export const writeRef = async (cacheDir: string, { repo, revision }: HubFile, commit: string): Promise<void> => {
  if (isCommit(revision)) return;
  await replace(refPath(cacheDir, repo, revision), (temporary) => writeFile(temporary, commit));
};
