import { dataError, HandfulError } from "../../base/errors.ts";
import { encodeCommit, type Commit } from "./commit-object.ts";
import { differenceOf, type Change } from "./difference.ts";
import type { Entry } from "./entry.ts";
import { readWhole } from "./folder-file.ts";
import { changesToKnown, diskClock, hashFiles, type HashOptions } from "./hash-files.ts";
import { filesOf, follows, HEAD, MAIN, readCommit, SEEN } from "./history.ts";
import { withLock, type LockOptions, type Writer } from "./lock.ts";
import { encodeManifest, headerOf, type ManifestHeader } from "./manifest-object.ts";
import { packsInto, withPacks, type PackWriter } from "./pack-writer.ts";
import { entriesOf, listStock, type Stock } from "./stock.ts";
import type { Store } from "./store.ts";
import { sweepTemporary } from "./sweep.ts";

export interface CommitOptions extends Pick<HashOptions, "onProgress" | "signal"> {
  readonly message: string;
  readonly lock: LockOptions;
}

export interface Committed extends ManifestHeader, Pick<Stock, "skipped" | "warnings"> {
  readonly version: string;
  /** Hash of the commit; null where nothing had changed since the last one. */
  readonly commit: string | null;
  /** Against the version that was the newest when the folder was last committed or checked out. */
  readonly changes: readonly Change[];
}

/** Stores entries as a version and a commit of it; all their files must be in the store. */
export const putCommit = (
  store: Store,
  packs: PackWriter,
  { entries, ...rest }: Omit<Commit, "version"> & { readonly entries: readonly Entry[] },
): { version: string; commit: string } => {
  const put = (type: "part" | "manifest" | "commit", { hash, bytes }: { hash: string; bytes: Buffer }): void => {
    if (!packs.has(hash) && !store.catalogue.find(hash)) packs.add(type, hash, bytes);
  };
  const { root, parts } = encodeManifest(entries);
  for (const part of parts) put("part", part);
  put("manifest", root);
  const commit = encodeCommit({ version: root.hash, ...rest });
  put("commit", commit);
  packs.finish();
  return { version: root.hash, commit: commit.hash };
};

/** History goes on from where main was; what was checked out from another line of it counts as taken in. */
const parentsOf = (store: Store, seen: string | null, head: string | null): string[] => {
  if (seen === null) return [];
  return head === null || follows(store, seen, head) ? [seen] : [seen, head];
};

/** The folder's files, hashed, with every one of them in the store. */
const storeFolder = async (
  store: Store,
  packs: PackWriter,
  { before, ...options }: HashOptions & { readonly before: readonly Entry[] },
): Promise<Stock> => {
  const { catalogue } = store;
  const isStored = (hash: string): boolean => packs.has(hash) || catalogue.find(hash) !== undefined;
  const onContent = (hash: string, bytes: Buffer): void => {
    if (!isStored(hash)) packs.add("file", hash, bytes);
  };
  const { items, skipped, warnings } = await listStock(store);
  if (items.length === 0)
    throw dataError("E_NO_IMAGES", `${store.root}: wanted photos to keep, got none`, {
      hint: "To bring back the last version: handful data checkout main",
    });
  const hashed = await hashFiles(store, items, { ...options, clock: diskClock(store), onContent });
  // A file that was hashed before is in the store, unless a commit in between came to nothing and was collected.
  const kept = new Set(before.map(({ hash }) => hash));
  for (const { name, path } of items) {
    const hash = hashed.get(name)?.hash;
    if (hash === undefined || kept.has(hash) || isStored(hash)) continue;
    const again = readWhole(path, name);
    if (again.hash !== hash) throw dataError("E_FILE_CHANGED", `${name}: changed while it was read`);
    onContent(hash, again.bytes);
  }
  return { entries: entriesOf(items, hashed), hashed, skipped, warnings };
};

const raced = (): HandfulError =>
  new HandfulError("permission", "E_RACE", "another command committed at the same time: this one was not kept", {
    hint: "Run again.",
  });

const commitLocked = async (store: Store, writer: Writer, options: CommitOptions): Promise<Committed> => {
  const { catalogue } = store;
  const { message, lock } = options;
  const [main, head, known] = [catalogue.ref(MAIN), catalogue.ref(HEAD), catalogue.knownFiles()];
  const seen = catalogue.setting(SEEN);
  const before = filesOf(store, seen);
  return withPacks(packsInto(store, writer, lock.now), store, async (packs) => {
    const { entries, hashed, skipped, warnings } = await storeFolder(store, packs, { ...options, before, known });
    const changes = differenceOf(before, entries);
    const files = changesToKnown(known, hashed);
    const facts = { ...headerOf(entries), changes, skipped, warnings };
    if (changes.length === 0 && seen !== null && seen === head) {
      writer.finish(() => catalogue.saveFiles(files));
      return { ...facts, version: readCommit(store, seen).version, commit: null };
    }
    const parents = parentsOf(store, seen, head);
    const put = putCommit(store, packs, { entries, parents, time: lock.now.toISOString(), message });
    writer.finish(() => {
      if (!catalogue.moveRef(MAIN, main, put.commit) || !catalogue.moveRef(HEAD, head, put.commit)) throw raced();
      catalogue.set(SEEN, put.commit);
      catalogue.saveFiles(files);
    });
    return { ...facts, ...put };
  });
};

/**
 * Keeps what the folder holds as a new version.
 *
 * Order: files, then manifest and commit, on the disk before their place is in the catalogue, and last the names
 * `main` and `head`, in one transaction and only if they name what they named before. Cut off anywhere, the store shows
 * the old version or the new one.
 *
 * @throws E_NO_IMAGES, E_LOCKED, E_LOCK_LOST, E_RACE, E_NO_SPACE, E_READ_ONLY, E_DISK, E_FILE_CHANGED
 */
export const commitFolder = (store: Store, options: CommitOptions): Promise<Committed> =>
  withLock(store.catalogue, options.lock, async (writer) => {
    sweepTemporary(store);
    return commitLocked(store, writer, options);
  });
