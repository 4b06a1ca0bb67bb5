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
/**
 * Setting of the catalogue: the commit that `main` named when the folder was last committed or checked out. Where a pull
 * has moved `main` since, the next commit goes on from here, so that it takes nothing back of what it has not seen.
 */
export const SEEN = "seen";
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

/** Commits and all that they follow, by hash, in no stated order. */
function* walkCommits(store: Store, ids: readonly string[]): Generator<Step> {
  const seen = new Set(ids);
  const open = [...seen];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const step = readCommit(store, id);
    yield step;
    for (const parent of step.parents)
      if (!seen.has(parent)) {
        seen.add(parent);
        open.push(parent);
      }
  }
}

/** Commits and all that they follow: each before those it follows, and newest first as far as that allows. */
export const historyOf = (store: Store, ids: readonly string[]): Step[] => {
  const steps = new Map([...walkCommits(store, ids)].map((step) => [step.id, step]));
  const children = new Map<string, number>();
  for (const { parents } of steps.values()) for (const id of parents) children.set(id, (children.get(id) ?? 0) + 1);
  const free = [...steps.values()].filter(({ id }) => !children.has(id));
  const ordered: Step[] = [];
  while (free.length > 0) {
    const newest = free.reduce((best, { time }, i) => (time > free[best]!.time ? i : best), 0);
    const [next] = free.splice(newest, 1);
    ordered.push(next!);
    for (const id of next!.parents) {
      const left = children.get(id)! - 1;
      children.set(id, left);
      if (left === 0) free.push(steps.get(id)!);
    }
  }
  return ordered;
};

/** Whether `older` is `id` or one that it follows. */
export const follows = (store: Store, id: string, older: string): boolean => {
  for (const step of walkCommits(store, [id])) if (step.id === older) return true;
  return false;
};
