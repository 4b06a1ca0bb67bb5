import { existsSync } from "node:fs";
import { hash as digest } from "node:crypto";
import { HandfulError, messageOf } from "../../base/errors.ts";
import type { Ref } from "./catalogue.ts";
import type { Entry } from "./entry.ts";
import { breathe } from "./hash-files.ts";
import { readCommit } from "./history.ts";
import { decodeManifestPart, decodeManifestRoot } from "./manifest-object.ts";
import type { PackedObject } from "./pack.ts";
import { openPackFile } from "./read-pack.ts";
import { readObject } from "./read-object.ts";
import { packPath, type Store } from "./store.ts";

/** One thing that is not as it was written. */
export interface StoreFault {
  readonly code: string;
  readonly message: string;
}

export interface StoreCheck {
  readonly faults: readonly StoreFault[];
  readonly commits: number;
  readonly packs: number;
  readonly objects: number;
  /** Bytes of objects that were read and hashed; without `readData` those of packs are not. */
  readonly bytesRead: number;
}

export interface CheckOptions {
  /** Whether every byte of every pack is read. */
  readonly readData: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

type Report = (code: string, message: string) => void;

/** Runs a step of the check; what it finds damaged is reported, and null returned. */
const tryTo = <T>(report: Report, step: () => T): T | null => {
  try {
    return step();
  } catch (thrown) {
    if (thrown instanceof HandfulError && thrown.kind === "damaged") report(thrown.code, thrown.message);
    else if (thrown instanceof Error && "code" in thrown) report("E_READ", messageOf(thrown));
    else throw thrown;
    return null;
  }
};

/** Checks that a file of a version is in the store, with the size it had. */
const checkEntry = (store: Store, { name, hash, sizeBytes }: Entry, version: string, report: Report): void => {
  const found = store.catalogue.find(hash);
  if (!found) report("E_OBJECT_MISSING", `${name} of version ${version}: its bytes (${hash}) are not in the store`);
  else if (found.type !== "file")
    report("E_OBJECT_TYPE", `${name} of version ${version}: wanted a file, got a ${found.type} (${hash})`);
  else if (found.length !== sizeBytes)
    report(
      "E_OBJECT_LENGTH",
      `${name} of version ${version}: wanted ${sizeBytes} bytes, the catalogue has ${found.length}`,
    );
};

/** Follows all names to the last file; gives by hash a name of each file, and how many commits there are. */
const checkHistory = (store: Store, refs: readonly Ref[], report: Report) => {
  const names = new Map<string, string>();
  const seen = new Set<string>();
  const open = refs.map(({ commit }) => commit);
  const isNew = (hash: string): boolean => !seen.has(hash) && seen.add(hash) !== undefined;
  let commits = 0;
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (!isNew(id)) continue;
    commits++;
    const step = tryTo(report, () => readCommit(store, id!));
    if (!step) continue;
    open.push(...step.parents);
    const { version } = step;
    if (!isNew(version)) continue;
    const root = tryTo(report, () => decodeManifestRoot(readObject(store, version, "manifest")));
    for (const part of root?.parts ?? []) {
      if (!isNew(part)) continue;
      for (const entry of tryTo(report, () => decodeManifestPart(readObject(store, part, "part"))) ?? []) {
        names.set(entry.hash, entry.name);
        checkEntry(store, entry, version, report);
      }
    }
  }
  return { names, commits };
};

const sameObject = (a: PackedObject, b: PackedObject | undefined): boolean =>
  b !== undefined && a.type === b.type && a.offset === b.offset && a.length === b.length;

/** Checks one pack's ends and index, and with `readData` all objects; gives how many bytes of them were read. */
const checkPack = async (
  store: Store,
  { name, sizeBytes }: { readonly name: string; readonly sizeBytes: number },
  {
    names,
    readData,
    report,
    signal,
  }: Pick<CheckOptions, "readData" | "signal"> & {
    readonly names: ReadonlyMap<string, string>;
    readonly report: Report;
  },
): Promise<number> => {
  const path = packPath(store, name);
  const isListed = (): boolean => store.catalogue.packs().some((pack) => pack.name === name);
  if (!existsSync(path)) {
    if (isListed()) report("E_PACK_MISSING", `pack ${name} is gone`); // else gc has just rewritten it
    return 0;
  }
  const file = tryTo(report, () => openPackFile(path, name));
  if (!file) return 0;
  try {
    if (file.sizeBytes !== sizeBytes)
      report("E_PACK_LENGTH", `pack ${name}: wanted ${sizeBytes} bytes, got ${file.sizeBytes}`);
    const catalogued = store.catalogue.objectsOf(name);
    const inside = tryTo(report, () => file.objects());
    const byHash = new Map(inside?.map((object) => [object.hash, object]));
    for (const object of inside ? catalogued : [])
      if (!sameObject(object, byHash.get(object.hash)))
        report("E_CATALOGUE_DAMAGED", `the catalogue has ${object.hash} elsewhere in pack ${name} than it is`);
    let read = 0;
    for (const { hash, type, offset, length } of readData ? (inside ?? catalogued) : []) {
      if (digest("sha256", file.read({ offset, length }), "hex") !== hash)
        report("E_OBJECT_DAMAGED", `${names.get(hash) ?? `a ${type}`} (${hash}) in pack ${name} is damaged`);
      read += length;
      await breathe();
      signal?.throwIfAborted();
    }
    return read;
  } finally {
    file.close();
  }
};

/**
 * Says all that is wrong with a store.
 *
 * Always: the catalogue, every name, commit and manifest, that every file of every version has its place in a pack,
 * and length and index of every pack. With `readData` every byte of every pack is hashed, so that none that changed is
 * missed.
 */
export const checkStore = async (store: Store, options: CheckOptions): Promise<StoreCheck> => {
  const faults = new Map<string, StoreFault>();
  const report: Report = (code, message) => void faults.set(message, { code, message });
  const { catalogue } = store;
  for (const fault of tryTo(report, () => catalogue.faults()) ?? [])
    report("E_CATALOGUE_DAMAGED", `catalogue: ${fault}`);
  const refs = tryTo(report, () => catalogue.refs()) ?? [];
  const history = tryTo(report, () => checkHistory(store, refs, report));
  const packs = tryTo(report, () => catalogue.packs()) ?? [];
  let bytesRead = 0;
  let objects = 0;
  for (const [done, pack] of packs.entries()) {
    options.onProgress?.(done, packs.length);
    objects += tryTo(report, () => catalogue.objectsOf(pack.name).length) ?? 0;
    bytesRead += await checkPack(store, pack, { ...options, names: history?.names ?? new Map(), report });
  }
  options.onProgress?.(packs.length, packs.length);
  return { faults: [...faults.values()], commits: history?.commits ?? 0, packs: packs.length, objects, bytesRead };
};
