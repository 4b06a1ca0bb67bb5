import { rmSync } from "node:fs";
import type { Location, PackFacts } from "./catalogue.ts";
import type { Writer } from "./lock.ts";
import { createPackWriter, withPacks, type FinishedPack } from "./pack-writer.ts";
import { createObjectReader } from "./read-object.ts";
import { packPath, type Store } from "./store.ts";

export interface Rewritten {
  /** Objects that were left out. */
  readonly objects: number;
  readonly freedBytes: number;
}

/**
 * Copies some objects of packs to new ones, then exchanges the packs in the catalogue, then deletes the old files: cut
 * off anywhere, the catalogue names files that are there.
 *
 * @param options.bytesOf  bytes of an object that is to be kept; null: leave it out
 */
export const rewritePacks = async (
  store: Store,
  writer: Writer,
  {
    packs,
    bytesOf,
    now,
  }: {
    readonly packs: readonly PackFacts[];
    readonly bytesOf: (location: Location, read: (location: Location) => Buffer) => Buffer | null;
    readonly now: Date;
  },
): Promise<Rewritten> => {
  const fresh: FinishedPack[] = [];
  const { catalogue } = store;
  const reader = createObjectReader(store);
  let objects = 0;
  const out = createPackWriter(store, (pack) => void fresh.push(pack));
  await withPacks(out, store, async () => {
    for (const { name } of packs)
      for (const object of catalogue.objectsOf(name)) {
        const bytes = bytesOf({ ...object, pack: name }, reader.read);
        if (bytes) out.add(object.type, object.hash, bytes);
        else objects++;
      }
    out.finish();
  }).finally(reader.close);
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
