import { closeSync, lstatSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, statfsSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { dataError, type HandfulError } from "../../base/errors.ts";
import { unescapeName } from "../names.ts";
import type { Entry } from "./entry.ts";
import { fileState } from "./folder-file.ts";
import { breathe, diskClock, type HashedFile, type HashOptions } from "./hash-files.ts";
import type { Location } from "./catalogue.ts";
import { createObjectReader } from "./read-object.ts";
import { storeFailure } from "./store-failure.ts";
import type { Store } from "./store.ts";
import { writeAll } from "./write-durably.ts";

/** The path of a file of a version, byte for byte. */
export const pathOf = (root: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${root}/`), unescapeName(name)!]);

/** Files between two looks at progress and signal. */
const BREATH = 64;

const checkSpace = (store: Store, neededBytes: number): void => {
  const { bavail, bsize } = statfsSync(store.root);
  if (neededBytes > bavail * bsize)
    throw storeFailure(Object.assign(new Error("no space"), { code: "ENOSPC" }), store.root, neededBytes);
};

/** Makes the folders above a file; refuses to go through a link, which leads elsewhere. */
const makeFolders = (store: Store, path: Buffer, made: Set<string>): void => {
  const folder = path.subarray(0, path.lastIndexOf("/"));
  const key = folder.toString("latin1");
  if (made.has(key) || folder.length <= Buffer.byteLength(store.root)) return;
  makeFolders(store, folder, made);
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (!info) mkdirSync(folder);
  else if (!info.isDirectory())
    throw dataError(
      "E_FOLDER_KIND",
      `${folder.toString()}: wanted a folder, got a ${info.isSymbolicLink() ? "link" : "file"}`,
      { hint: "Put it elsewhere and run again." },
    );
  made.add(key);
};

const changed = (name: string): HandfulError =>
  dataError("E_FILE_CHANGED", `${name}: changed during the checkout, which was stopped`, {
    hint: "Run again once nothing writes to it.",
  });

/**
 * Writes one file of a version in one step: it is the old one or the new one, never half of it.
 *
 * @param before  what the system said of the file that is there, which must not have changed since; null: none was
 */
const writeFile = (
  store: Store,
  { name, hash }: Entry,
  { bytes, before, made }: { readonly bytes: Buffer; readonly before: string | null; readonly made: Set<string> },
): HashedFile => {
  const path = pathOf(store.root, name);
  makeFolders(store, path, made);
  if ((fileState(path)?.stat ?? null) !== before) throw changed(name);
  const temporary = join(store.folder, "tmp", randomUUID());
  const file = openSync(temporary, "wx", 0o666);
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const state = fileState(path);
  if (!state) throw changed(name);
  return { ...state, hash, settled: true };
};

/** Deletes a file, unless it changed since `before`, and the folders above it that are empty then. */
const deleteFile = (store: Store, name: string, before: string): void => {
  let path = pathOf(store.root, name);
  if (![undefined, before].includes(fileState(path)?.stat)) throw changed(name);
  rmSync(path, { force: true });
  for (;;) {
    path = path.subarray(0, path.lastIndexOf("/"));
    if (path.length <= Buffer.byteLength(store.root)) return;
    try {
      rmdirSync(path);
    } catch {
      return; // something is in it still
    }
  }
};

/** Where the bytes of some files lie; says what is missing before anything is touched. */
const locateAll = (
  store: Store,
  entries: readonly Entry[],
): { places: Map<string, Location>; read: (location: Location) => Buffer; close: () => void } => {
  const { locate, read, close } = createObjectReader(store);
  return { places: new Map(entries.map(({ name, hash }) => [name, locate(hash, "file")])), read, close };
};

/** What is known of files as of now, by the disk's own clock: those that just changed could change again unseen. */
const settle = (store: Store, files: ReadonlyMap<string, HashedFile>): Map<string, HashedFile> => {
  const clock = diskClock(store);
  return new Map(
    [...files].map(([name, file]) => {
      const [, , changed = "0"] = file.stat.split(" ");
      return [name, { ...file, settled: file.settled && BigInt(changed) < clock }];
    }),
  );
};

/**
 * Turns the folder into a version, file by file; what goes goes last, so that nothing is missing in between.
 *
 * @param options.current  what the folder holds, by name
 * @returns the files as they are then
 * @throws E_OBJECT_MISSING and E_NO_SPACE before anything is touched
 */
export const fillFolder = async (
  store: Store,
  {
    target,
    current,
    onProgress,
    signal,
  }: Pick<HashOptions, "onProgress" | "signal"> & {
    readonly target: readonly Entry[];
    readonly current: ReadonlyMap<string, HashedFile>;
  },
): Promise<{ files: Map<string, HashedFile>; written: number; deleted: number }> => {
  const files = new Map<string, HashedFile>();
  const made = new Set<string>();
  const isThere = ({ name, hash }: Entry): boolean => current.get(name)?.hash === hash;
  const toWrite = target.filter((entry) => !isThere(entry));
  const { places, read, close } = locateAll(store, toWrite);
  try {
    checkSpace(
      store,
      toWrite.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    for (const entry of target) if (isThere(entry)) files.set(entry.name, current.get(entry.name)!);
    for (const [done, entry] of toWrite.entries()) {
      if (done % BREATH === 0) {
        onProgress?.(done, toWrite.length);
        await breathe();
        signal?.throwIfAborted();
      }
      const { name } = entry;
      const before = current.get(name)?.stat ?? null;
      files.set(name, writeFile(store, entry, { bytes: read(places.get(name)!), before, made }));
    }
  } finally {
    close();
  }
  const wanted = new Set(target.map(({ name }) => name));
  const toDelete = [...current].filter(([name]) => !wanted.has(name));
  for (const [name, { stat }] of toDelete) deleteFile(store, name, stat);
  return { files: settle(store, files), written: toWrite.length, deleted: toDelete.length };
};
