import { hash as digest } from "node:crypto";
import { existsSync } from "node:fs";
import { HandfulError } from "../../base/errors.ts";
import type { PackFacts } from "./catalogue.ts";
import type { Writer } from "./lock.ts";
import { openPackFile } from "./read-pack.ts";
import { rewritePacks, type Rewritten } from "./rewrite-packs.ts";
import { packPath, type Store } from "./store.ts";

/** What is read; null where it is damaged or gone. */
const unlessDamaged = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof HandfulError && thrown.kind === "damaged") return null;
    throw thrown;
  }
};

const isWholeObject = (bytes: Buffer, hash: string): boolean => digest("sha256", bytes, "hex") === hash;

/**
 * Reads every object and takes those that are damaged out of the store, so that they can be fetched anew: what is whole
 * in their packs goes to new ones.
 */
export const dropDamaged = async (store: Store, writer: Writer, now: Date): Promise<Rewritten> => {
  const { catalogue } = store;
  const isWhole = ({ name }: PackFacts): boolean => {
    if (!existsSync(packPath(store, name))) return false;
    const pack = openPackFile(packPath(store, name), name);
    try {
      return unlessDamaged(pack.objects)?.every((object) => isWholeObject(pack.read(object), object.hash)) === true;
    } finally {
      pack.close();
    }
  };
  const packs = catalogue.packs().filter((pack) => !isWhole(pack));
  return rewritePacks(store, writer, {
    packs,
    bytesOf: (location, read) => unlessDamaged(() => read(location)),
    now,
  });
};
