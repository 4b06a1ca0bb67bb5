import { decodeCommit, type Commit } from "./commit-object.ts";
import type { Entry } from "./entry.ts";
import { decodeManifestPart, decodeManifestRoot, type ManifestRoot } from "./manifest-object.ts";
import { createObjectReader, readObject } from "./read-object.ts";
import type { Store } from "./store.ts";

/** The newest version of the folder's history. */
export const MAIN = "main";
/** The version that the folder was last committed as or checked out from. */
export const HEAD = "head";
const TAG = "tag/";
/** What the place that was last pushed to or pulled from has as its newest. */
export const REMOTE_MAIN = "remote/main";

export const tagRef = (tag: string): string => TAG + tag;
export const tagOf = (ref: string): string | null => (ref.startsWith(TAG) ? ref.slice(TAG.length) : null);

/** A commit with the hash that names it. */
export interface Step extends Commit {
  readonly id: string;
}

export const readCommit = (store: Store, id: string): Step => ({
  id,
  ...decodeCommit(readObject(store, id, "commit")),
});

export const readManifestRoot = (store: Store, version: string): ManifestRoot =>
  decodeManifestRoot(readObject(store, version, "manifest"));

/** All files of a version. */
export const readManifest = (store: Store, version: string): Entry[] => {
  const reader = createObjectReader(store);
  try {
    return readManifestRoot(store, version).parts.flatMap((part) =>
      decodeManifestPart(reader.read(reader.locate(part, "part"))),
    );
  } finally {
    reader.close();
  }
};

/** All files of the version that a commit holds; none where there is no commit yet. */
export const filesOf = (store: Store, id: string | null): Entry[] =>
  id === null ? [] : readManifest(store, readCommit(store, id).version);

/** Commits and all that they follow, newest first where the clock was right, children always before parents. */
export function* historyOf(store: Store, ids: readonly string[]): Generator<Step> {
  const waiting = new Map(ids.map((id) => [id, readCommit(store, id)]));
  const seen = new Set(ids);
  const isParent = (id: string): boolean => [...waiting.values()].some(({ parents }) => parents.includes(id));
  while (waiting.size > 0) {
    const free = [...waiting.values()].filter(({ id }) => !isParent(id));
    const next = free.reduce((a, b) => (b.time > a.time ? b : a));
    waiting.delete(next.id);
    yield next;
    for (const parent of next.parents)
      if (!seen.has(parent)) {
        seen.add(parent);
        waiting.set(parent, readCommit(store, parent));
      }
  }
}

/** Whether `older` is `id` or one that it follows. */
export const follows = (store: Store, id: string, older: string): boolean => {
  for (const step of historyOf(store, [id])) if (step.id === older) return true;
  return false;
};
