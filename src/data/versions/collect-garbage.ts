import { historyOf, readManifestRoot } from "./history.ts";
import { withLock, type LockOptions } from "./lock.ts";
import { decodeManifestPart } from "./manifest-object.ts";
import { readObject } from "./read-object.ts";
import { rewritePacks, type Rewritten } from "./rewrite-packs.ts";
import type { Store } from "./store.ts";
import { sweepPacks, sweepTemporary } from "./sweep.ts";

export interface GarbageOptions {
  readonly lock: LockOptions;
  /** What was written later than so long ago stays, in ms. */
  readonly graceMs: number;
}

/** Every object that a name leads to; throws where anything on the way is damaged, so that nothing is taken for dead. */
const livingObjects = (store: Store): Set<string> => {
  const living = new Set<string>();
  const isNew = (hash: string): boolean => !living.has(hash) && living.add(hash) !== undefined;
  const tips = [...new Set(store.catalogue.refs().map(({ commit }) => commit))];
  for (const { id, version } of historyOf(store, tips)) {
    living.add(id);
    if (!isNew(version)) continue;
    for (const part of readManifestRoot(store, version).parts)
      if (isNew(part)) for (const { hash } of decodeManifestPart(readObject(store, part, "part"))) living.add(hash);
  }
  return living;
};

/**
 * Deletes what no version holds any more, once the grace is over; what any name leads to stays, whatever the clock.
 *
 * Packs that hold both are rewritten, so that what is deleted is gone for good.
 *
 * @throws E_LOCKED while another command writes; E_OBJECT_* where the store is damaged: then nothing is deleted
 */
export const collectGarbage = (store: Store, { lock, graceMs }: GarbageOptions): Promise<Rewritten> =>
  withLock(store.catalogue, lock, async (writer) => {
    sweepTemporary(store);
    sweepPacks(store);
    const living = livingObjects(store);
    const packs = store.catalogue
      .packs()
      .filter(({ created }) => created + graceMs <= lock.now.getTime())
      .filter(({ name }) => store.catalogue.objectsOf(name).some(({ hash }) => !living.has(hash)));
    return packs.length === 0
      ? { objects: 0, freedBytes: 0 }
      : rewritePacks(store, writer, {
          packs,
          bytesOf: (location, read) => (living.has(location.hash) ? read(location) : null),
          now: lock.now,
        });
  });
