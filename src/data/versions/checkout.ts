import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, statfsSync, lstatSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { dataError, HandfulError } from "../../base/errors.ts";
import { unescapeName } from "../names.ts";
import { packsInto, putCommit, withPacks } from "./commit.ts";
import type { Entry } from "./entry.ts";
import { fileState, readWhole } from "./folder-file.ts";
import { breathe, changesToKnown, diskClock, hashFiles, type HashedFile, type HashOptions } from "./hash-files.ts";
import { filesOf, HEAD, type Step } from "./history.ts";
import { withLock, type LockOptions, type Writer } from "./lock.ts";
import { caseTwins, ignoresCase } from "./case-twins.ts";
import { listStock, type StockItem } from "./stock.ts";
import { storeFailure } from "./store-failure.ts";
import { readObject, type Store } from "./store.ts";
import { sweepTemporary } from "./sweep.ts";
import { writeAll } from "./write-durably.ts";

export interface CheckoutOptions extends Pick<HashOptions, "onProgress" | "signal"> {
  readonly to: Step;
  /** Whether changes that no version holds may go from the folder. */
  readonly force: boolean;
  readonly lock: LockOptions;
}

export interface CheckedOut {
  readonly version: string;
  readonly written: number;
  readonly deleted: number;
  /** Commit that holds what was in the folder and in no version; null where there was nothing of the kind. */
  readonly rescued: string | null;
}

/** Names that an error lists. */
const SHOWN = 5;

const pathOf = (root: string, name: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), unescapeName(name)!]);

/** Whether a file is reached through a linked folder, behind which nothing is ours to change. */
const isBehindLink = (store: Store, path: Buffer, folders: Map<string, boolean>): boolean => {
  const folder = path.subarray(0, path.lastIndexOf("/"));
  if (folder.length <= Buffer.byteLength(store.root)) return false;
  const key = folder.toString("latin1");
  const known = folders.get(key);
  if (known !== undefined) return known;
  const linked =
    lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true || isBehindLink(store, folder, folders);
  folders.set(key, linked);
  return linked;
};

/** Files that have to do with a checkout: those of the two versions and what else the folder holds as its photos. */
const filesConcerned = async (store: Store, versions: readonly (readonly Entry[])[]): Promise<StockItem[]> => {
  const items = new Map<string, StockItem>();
  for (const entry of versions.flat()) items.set(entry.name, { ...entry, path: pathOf(store.root, entry.name) });
  try {
    for (const item of (await listStock(store)).items) items.set(item.name, item);
  } catch (thrown) {
    // A manifest that names a photo which is gone hinders a scan, and must not hinder bringing the photo back.
    if (!(thrown instanceof HandfulError) || thrown.kind !== "data") throw thrown;
  }
  const folders = new Map<string, boolean>();
  return [...items.values()].filter(({ path }) => !isBehindLink(store, path, folders));
};

const uncommitted = (names: readonly string[]): HandfulError =>
  dataError(
    "E_UNCOMMITTED",
    `${names.length} ${names.length === 1 ? "file is" : "files are"} in no version: ${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", ..." : ""}`,
    {
      hint: 'Keep them first: handful data commit -m "..."; or add --force, which puts them aside in a version of their own.',
    },
  );

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
      {
        hint: "Put it elsewhere and run again.",
      },
    );
  made.add(key);
};

/** Writes one file of a version in one step: it is the old one or the new one, never half of it. */
const writeFile = (store: Store, entry: Entry, made: Set<string>): HashedFile => {
  const path = pathOf(store.root, entry.name);
  const bytes = readObject(store, entry.hash, "file");
  makeFolders(store, path, made);
  const temporary = join(store.folder, "tmp", randomUUID());
  const file = openSync(temporary, "wx", 0o666);
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  return { ...fileState(path)!, hash: entry.hash, settled: true };
};

/** Deletes a file, and the folders above it that are empty then. */
const deleteFile = (store: Store, name: string): void => {
  let path = pathOf(store.root, name);
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

/** Puts aside what would go and is in no version; nothing refers to it, so `gc` takes it away in time. */
const rescue = (
  store: Store,
  writer: Writer,
  {
    items,
    current,
    parents,
    now,
  }: {
    readonly items: readonly StockItem[];
    readonly current: ReadonlyMap<string, HashedFile>;
    readonly parents: readonly string[];
    readonly now: Date;
  },
): Promise<string> =>
  withPacks(packsInto(store, writer, now), store, async (packs) => {
    const entries = items.flatMap(({ name, path, role, label, split, group }): Entry[] => {
      if (!current.has(name)) return [];
      const { hash, bytes, sizeBytes } = readWhole(path, name);
      if (!packs.has(hash) && !store.catalogue.find(hash)) packs.add("file", hash, bytes);
      return [{ name, hash, sizeBytes, role, label, split, group }];
    });
    const message = "put aside by checkout --force";
    return putCommit(store, packs, { entries, parents, time: now.toISOString(), message }).commit;
  });

/** Turns the folder into the version, file by file; what goes goes last, so that nothing is missing in between. */
const turnInto = async (
  store: Store,
  {
    target,
    current,
    onProgress,
    signal,
  }: Pick<CheckoutOptions, "onProgress" | "signal"> & {
    readonly target: ReadonlyMap<string, Entry>;
    readonly current: ReadonlyMap<string, HashedFile>;
  },
): Promise<{ files: Map<string, HashedFile>; written: number; deleted: number }> => {
  const files = new Map<string, HashedFile>();
  const made = new Set<string>();
  const toWrite = [...target.values()].filter(({ name, hash }) => current.get(name)?.hash !== hash);
  checkSpace(
    store,
    toWrite.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  for (const name of target.keys())
    if (current.get(name)?.hash === target.get(name)!.hash) files.set(name, current.get(name)!);
  for (const [done, entry] of toWrite.entries()) {
    if (done % 64 === 0) {
      onProgress?.(done, toWrite.length);
      await breathe();
      signal?.throwIfAborted();
    }
    files.set(entry.name, writeFile(store, entry, made));
  }
  const toDelete = [...current.keys()].filter((name) => !target.has(name));
  for (const name of toDelete) deleteFile(store, name);
  const clock = diskClock(store);
  const settled = (file: HashedFile): HashedFile => {
    const [, , changed = "0"] = file.stat.split(" ");
    return { ...file, settled: file.settled && BigInt(changed) < clock };
  };
  return {
    files: new Map([...files].map(([name, file]) => [name, settled(file)])),
    written: toWrite.length,
    deleted: toDelete.length,
  };
};

const checkoutLocked = async (store: Store, writer: Writer, options: CheckoutOptions): Promise<CheckedOut> => {
  const { to, force, lock } = options;
  const { catalogue } = store;
  const [head, known] = [catalogue.ref(HEAD), catalogue.knownFiles()];
  const [before, after] = [filesOf(store, head), filesOf(store, to.id)];
  const target = new Map(after.map((entry) => [entry.name, entry]));
  if (ignoresCase(store)) refuseTwins(after);
  const lost = after.find(({ hash }) => !catalogue.find(hash));
  if (lost) readObject(store, lost.hash, "file"); // says what is missing before anything is touched
  const items = await filesConcerned(store, [before, after]);
  const current = await hashFiles(store, items, {
    clock: diskClock(store),
    ...(options.signal && { signal: options.signal }),
  });
  const old = new Map(before.map((entry) => [entry.name, entry.hash]));
  const atRisk = [...current].filter(([name, { hash }]) => hash !== old.get(name) && hash !== target.get(name)?.hash);
  if (atRisk.length > 0 && !force) throw uncommitted(atRisk.map(([name]) => name));
  const parents = head === null ? [] : [head];
  const rescued = atRisk.length > 0 ? await rescue(store, writer, { items, current, parents, now: lock.now }) : null;
  const { files, written, deleted } = await turnInto(store, { ...options, target, current });
  writer.transaction(() => {
    catalogue.moveRef(HEAD, head, to.id);
    catalogue.saveFiles(changesToKnown(known, files));
  });
  return { version: to.version, written, deleted, rescued };
};

const refuseTwins = (entries: readonly Entry[]): void => {
  const twins = caseTwins(entries.map(({ name }) => name));
  if (twins.length > 0)
    throw dataError(
      "E_NAME_TWINS",
      `this disk takes ${twins[0]!.join(" and ")} for one name, but the version has both${twins.length > 1 ? `, and ${twins.length - 1} more such` : ""}`,
      { hint: "Check it out on a disk that tells upper from lower case." },
    );
};

/**
 * Turns the folder into a version, exactly: its photos, byte for byte, and no others. Files that are no photos and no
 * labels stay.
 *
 * What the folder holds and no version does is not lost: without `force` the checkout is refused, with it that is put
 * aside in a commit of its own. Cut off anywhere, every file is the old or the new one, and the same command goes on.
 *
 * @throws E_UNCOMMITTED, E_OBJECT_MISSING, E_OBJECT_DAMAGED, E_NO_SPACE, E_READ_ONLY, E_LOCKED, E_NAME_TWINS
 */
export const checkoutVersion = (store: Store, options: CheckoutOptions): Promise<CheckedOut> =>
  withLock(store.catalogue, options.lock, async (writer) => {
    try {
      sweepTemporary(store);
      return await checkoutLocked(store, writer, options);
    } catch (thrown) {
      throw storeFailure(thrown, store.folder);
    }
  });
