import { lstatSync } from "node:fs";
import { dataError, HandfulError } from "../../base/errors.ts";
import { scanByFolders } from "../scan.ts";
import { caseTwins, ignoresCase } from "./case-twins.ts";
import { putCommit } from "./commit.ts";
import type { Entry } from "./entry.ts";
import { fillFolder, pathOf } from "./fill-folder.ts";
import { readWhole } from "./folder-file.ts";
import { changesToKnown, diskClock, hashFiles, type HashedFile, type HashOptions } from "./hash-files.ts";
import { filesOf, HEAD, MAIN, SEEN, type Step } from "./history.ts";
import { withLock, type LockOptions, type Writer } from "./lock.ts";
import { packsInto, withPacks } from "./pack-writer.ts";
import { listStock, photosOf, type StockItem } from "./stock.ts";
import { storeFailure } from "./store-failure.ts";
import type { Store } from "./store.ts";
import { sweepTemporary } from "./sweep.ts";

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

/** Runs a scan; one that finds nothing, or a manifest with faults, which a checkout may mend, gives nothing. */
const tryScan = async (scan: () => Promise<readonly StockItem[]>): Promise<readonly StockItem[]> => {
  try {
    return await scan();
  } catch (thrown) {
    if (thrown instanceof HandfulError && thrown.kind === "data") return [];
    throw thrown;
  }
};

/**
 * Files that have to do with a checkout: those of the two versions, what else the folder holds as its photos, and what
 * it will hold as such once no manifest says what is none.
 */
const filesConcerned = async (
  store: Store,
  before: readonly Entry[],
  after: readonly Entry[],
): Promise<readonly StockItem[]> => {
  const items = new Map<string, StockItem>();
  const add = (item: StockItem): void => void items.set(item.name, item);
  for (const entry of [...after, ...before]) add({ ...entry, path: pathOf(store.root, entry.name) });
  const hasLabels = after.some(({ role }) => role === "labels");
  if (!hasLabels) for (const item of await tryScan(async () => photosOf(await scanByFolders(store.root)))) add(item);
  for (const item of await tryScan(async () => (await listStock(store)).items)) add(item);
  const folders = new Map<string, boolean>();
  return [...items.values()].filter(({ path }) => !isBehindLink(store, path, folders));
};

const uncommitted = (names: readonly string[]): HandfulError =>
  dataError(
    "E_UNCOMMITTED",
    `${names.length} ${names.length === 1 ? "file is" : "files are"} neither in the version the folder is at nor in the one asked for: ${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", ..." : ""}`,
    {
      hint: 'Keep them first: handful data commit -m "..."; or add --force, which puts them aside in a version of their own.',
    },
  );

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

const refuseTwins = (entries: readonly Entry[]): void => {
  const twins = caseTwins(entries.map(({ name }) => name));
  if (twins.length > 0)
    throw dataError(
      "E_NAME_TWINS",
      `this disk takes ${twins[0]!.join(" and ")} for one name, but the version has both${twins.length > 1 ? `, and ${twins.length - 1} more such` : ""}`,
      { hint: "Check it out on a disk that tells upper from lower case." },
    );
};

const checkoutLocked = async (store: Store, writer: Writer, options: CheckoutOptions): Promise<CheckedOut> => {
  const { to, force, lock } = options;
  const { catalogue } = store;
  const [head, known] = [catalogue.ref(HEAD), catalogue.knownFiles()];
  const [before, after] = [filesOf(store, head), filesOf(store, to.id)];
  const target = new Map(after.map(({ name, hash }) => [name, hash]));
  if (ignoresCase(store)) refuseTwins(after);
  const items = await filesConcerned(store, before, after);
  const current = await hashFiles(store, items, {
    known,
    clock: diskClock(store),
    ...(options.signal && { signal: options.signal }),
  });
  const old = new Map(before.map((entry) => [entry.name, entry.hash]));
  const atRisk = [...current].filter(([name, { hash }]) => hash !== old.get(name) && hash !== target.get(name));
  if (atRisk.length > 0 && !force) throw uncommitted(atRisk.map(([name]) => name));
  const parents = head === null ? [] : [head];
  const rescued = atRisk.length > 0 ? await rescue(store, writer, { items, current, parents, now: lock.now }) : null;
  const { files, written, deleted } = await fillFolder(store, { ...options, target: after, current });
  writer.finish(() => {
    catalogue.moveRef(HEAD, head, to.id);
    catalogue.set(SEEN, catalogue.ref(MAIN));
    catalogue.saveFiles(changesToKnown(known, files));
  });
  return { version: to.version, written, deleted, rescued };
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
