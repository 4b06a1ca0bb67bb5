import { HandfulError } from "../../base/errors.ts";
import type { DataSet, Item } from "../dataset.ts";
import type { Entry } from "./entry.ts";
import { HEAD, MAIN, readCommit, readManifest } from "./history.ts";
import { findStore, openStore, type Store } from "./store.ts";

/** Whether photos that were read are those of a version. */
export interface KeptVersion {
  /** The version that holds just these photos with these labels; null where none is known to. */
  readonly version: string | null;
  /** What there is to be said; null: nothing. */
  readonly note: string | null;
}

/** Groups count only where the version states them: others were taken from the photos themselves. */
const isSame = (entry: Entry, { label, split, group }: Item, hash: string | null): boolean =>
  entry.label === label &&
  entry.split === split &&
  (entry.group === null || entry.group === group) &&
  (hash === null || entry.hash === hash);

const holds = (entries: readonly Entry[], dataset: DataSet, hashes: readonly (string | null)[]): boolean => {
  const photos = new Map(entries.flatMap((entry) => (entry.role === "photo" ? [[entry.name, entry]] : [])));
  const { items, dropped = [] } = dataset;
  if (photos.size !== items.length + dropped.length) return false;
  return [...items, ...dropped].every((item, i) => {
    const entry = photos.get(item.name);
    return entry !== undefined && isSame(entry, item, hashes[i] ?? null);
  });
};

const findIn = (store: Store, dataset: DataSet, hashes: readonly (string | null)[]): string | null => {
  const commits = new Set([HEAD, MAIN].flatMap((name) => store.catalogue.ref(name) ?? []));
  for (const id of commits) {
    const { version } = readCommit(store, id);
    if (holds(readManifest(store, version), dataset, hashes)) return version;
  }
  return null;
};

/**
 * The version, if any is kept of the folder, that holds exactly the photos of a scan.
 *
 * @param hashes  sha256 by item, as the photos were read; null: not read
 */
export const keptVersion = (dataset: DataSet, hashes: readonly (string | null)[]): KeptVersion => {
  if (findStore(dataset.root) !== dataset.root) return { version: null, note: null };
  try {
    const store = openStore(dataset.root, "read");
    try {
      const version = findIn(store, dataset, hashes);
      const note =
        "the photos are not those of the last version that is kept of them: to keep them, handful data commit";
      return { version, note: version === null ? note : null };
    } finally {
      store.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof HandfulError)) throw thrown;
    return { version: null, note: `the versions of the photos cannot be read: ${thrown.message}` };
  }
};
