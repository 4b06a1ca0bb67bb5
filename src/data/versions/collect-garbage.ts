import { rmSync } from "node:fs";
import { withPacks } from "./commit.ts";
import { historyOf, readManifestRoot } from "./history.ts";
import { withLock, type LockOptions, type Writer } from "./lock.ts";
import { decodeManifestPart } from "./manifest-object.ts";
import type { PackFacts } from "./catalogue.ts";
import { createPackWriter, type FinishedPack } from "./pack-writer.ts";
import { createObjectReader, readObject } from "./read-object.ts";
import { packPath, type Store } from "./store.ts";
import { sweepPacks, sweepTemporary } from "./sweep.ts";

export interface GarbageOptions {
  readonly lock: LockOptions;
  /** What was written later than so long ago stays, in ms. */
  readonly graceMs: number;
}

export interface Collected {
  readonly objects: number;
  readonly freedBytes: number;
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

/** Copies what lives in some packs to new ones, then exchanges them in the catalogue, then deletes the old files. */
const exchange = async (
  store: Store,
  writer: Writer,
  {
    packs,
    living,
    now,
  }: { readonly packs: readonly PackFacts[]; readonly living: ReadonlySet<string>; readonly now: Date },
): Promise<Collected> => {
  const fresh: FinishedPack[] = [];
  const { catalogue } = store;
  let objects = 0;
  const reader = createObjectReader(store);
  await withPacks(
    createPackWriter(store, (pack) => void fresh.push(pack)),
    store,
    async (out) => {
      for (const { name } of packs)
        for (const object of catalogue.objectsOf(name))
          if (living.has(object.hash)) out.add(object.type, object.hash, reader.read({ ...object, pack: name }));
          else objects++;
      out.finish();
    },
  ).finally(() => reader.close());
  writer.transaction(() => {
    for (const { name } of packs) catalogue.dropPack(name);
    for (const { name, sizeBytes, objects: kept } of fresh)
      catalogue.addPack({ name, sizeBytes, created: now.getTime() }, kept);
  });
  const kept = new Set(fresh.map(({ name }) => name));
  for (const { name } of packs) if (!kept.has(name)) rmSync(packPath(store, name), { force: true });
  const size = (all: readonly { readonly sizeBytes: number }[]): number => all.reduce((sum, p) => sum + p.sizeBytes, 0);
  return { objects, freedBytes: size(packs) - size(fresh) };
};

/**
 * Deletes what no version holds any more, once the grace is over; what any name leads to stays, whatever the clock.
 *
 * Packs that hold both are rewritten, so that what is deleted is gone for good.
 *
 * @throws E_LOCKED while another command writes; E_OBJECT_* where the store is damaged: then nothing is deleted
 */
export const collectGarbage = (store: Store, { lock, graceMs }: GarbageOptions): Promise<Collected> =>
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
      : exchange(store, writer, { packs, living, now: lock.now });
  });
