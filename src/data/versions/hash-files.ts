import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { KnownFile } from "./catalogue.ts";
import { fileState, readWhole } from "./folder-file.ts";
import type { Store } from "./store.ts";

/** A file of the folder that was hashed, now or before. */
export interface HashedFile extends KnownFile {
  readonly sizeBytes: number;
  /** Whether a later change is sure to show in what the system says of it. */
  readonly settled: boolean;
}

export interface HashOptions {
  /** Files that were hashed before; those that the catalogue has, when absent. */
  readonly known?: ReadonlyMap<string, KnownFile>;
  /** Gets the bytes of every file that had to be read. */
  readonly onContent?: (hash: string, bytes: Buffer) => void;
  /**
   * The disk's own clock before anything was read, from `diskClock`; files that changed later are not settled.
   * Absent: none is.
   */
  readonly clock?: bigint;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Files between two looks at progress and signal. */
const BREATH = 64;

/** Lets timers and signals through. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The time by the clock that stamps files on the store's disk, in ns; needs the right to write. */
export const diskClock = ({ folder }: Store): bigint => {
  const path = join(folder, "tmp", randomUUID());
  const file = openSync(path, "wx");
  try {
    return fstatSync(file, { bigint: true }).ctimeNs;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
};

/**
 * Hashes files, except those of which the system says what it said when they were hashed before.
 *
 * A file that changed at the clock's last tick or later could change again unseen (git calls it racy): it is hashed
 * anew the next time.
 *
 * @param files  by name; the path absolute
 * @returns by name; without files that are not there
 */
export const hashFiles = async (
  store: Store,
  files: readonly { readonly name: string; readonly path: Buffer }[],
  { known = store.catalogue.knownFiles(), onContent, clock, onProgress, signal }: HashOptions = {},
): Promise<Map<string, HashedFile>> => {
  const hashed = new Map<string, HashedFile>();
  for (const [done, { name, path }] of files.entries()) {
    if (done % BREATH === 0) {
      onProgress?.(done, files.length);
      await breathe();
      signal?.throwIfAborted();
    }
    const state = fileState(path);
    if (!state) continue;
    const before = known.get(name);
    if (before?.stat === state.stat) {
      hashed.set(name, { ...before, sizeBytes: state.sizeBytes, settled: true });
      continue;
    }
    const { bytes, hash, stat, sizeBytes, changed } = readWhole(path, name);
    onContent?.(hash, bytes);
    hashed.set(name, { stat, hash, sizeBytes, settled: clock !== undefined && changed < clock });
  }
  onProgress?.(files.length, files.length);
  return hashed;
};

/** What is to be remembered of files, given what was known: only of those that differ. */
export const changesToKnown = (
  known: ReadonlyMap<string, KnownFile>,
  hashed: ReadonlyMap<string, HashedFile>,
): Map<string, KnownFile | null> => {
  const changes = new Map<string, KnownFile | null>();
  for (const [name, { stat, hash, settled }] of hashed) {
    const before = known.get(name);
    if (!settled && before) changes.set(name, null);
    if (settled && before?.stat !== stat) changes.set(name, { stat, hash });
  }
  for (const name of known.keys()) if (!hashed.has(name)) changes.set(name, null);
  return changes;
};
