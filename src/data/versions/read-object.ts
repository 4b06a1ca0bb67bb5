import { hash as digest } from "node:crypto";
import { artifactError, type HandfulError } from "../../base/errors.ts";
import type { Location } from "./catalogue.ts";
import type { ObjectType } from "./pack.ts";
import { openPackFile, type PackFile } from "./read-pack.ts";
import { packPath, type Store } from "./store.ts";
import { storeFailure } from "./store-failure.ts";

/** Reads objects one after the other; its life is that of the packs it holds open. */
export interface ObjectReader {
  /**
   * Where an object lies, unread.
   *
   * @throws E_OBJECT_MISSING, E_OBJECT_TYPE
   */
  locate(hash: string, type: ObjectType): Location;
  /**
   * Bytes of an object, which are checked against its hash: damage never passes for data.
   *
   * @throws E_OBJECT_MISSING, E_OBJECT_DAMAGED
   */
  read(location: Location): Buffer;
  close(): void;
}

/** Packs held open at a time. */
const MAX_OPEN = 64;

const missing = (what: string, cause?: unknown): HandfulError =>
  artifactError("E_OBJECT_MISSING", what, {
    hint: "handful data pull --repair brings it back from where it was pushed to.",
    ...(cause !== undefined && { cause }),
  });

const isGone = (thrown: unknown): boolean => thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

const locate = ({ catalogue }: Store, hash: string, type: ObjectType): Location => {
  const location = catalogue.find(hash);
  if (!location) throw missing(`${type} ${hash} is not in the store`);
  if (location.type !== type)
    throw artifactError("E_OBJECT_TYPE", `object ${hash}: wanted a ${type}, got a ${location.type}`, {
      hint: "See handful data check.",
    });
  return location;
};

export const createObjectReader = (store: Store): ObjectReader => {
  const packs = new Map<string, PackFile>();
  const close = (): void => {
    for (const pack of packs.values()) pack.close();
    packs.clear();
  };
  const packOf = (name: string): PackFile => {
    const known = packs.get(name);
    if (known) return known;
    if (packs.size >= MAX_OPEN) close();
    const pack = openPackFile(packPath(store, name), name);
    packs.set(name, pack);
    return pack;
  };
  /** From a pack that has just been rewritten, objects are read where they went. */
  const bytesAt = (location: Location): Buffer => {
    try {
      return packOf(location.pack).read(location);
    } catch (thrown) {
      if (!isGone(thrown)) throw storeFailure(thrown, store.folder);
      const again = store.catalogue.find(location.hash);
      if (again && again.pack !== location.pack) return bytesAt(again);
      throw missing(`the pack ${location.pack} of ${location.type} ${location.hash} is gone`, thrown);
    }
  };
  const read = (location: Location): Buffer => {
    const { hash, type, pack } = location;
    const bytes = bytesAt(location);
    if (digest("sha256", bytes, "hex") === hash) return bytes;
    throw artifactError("E_OBJECT_DAMAGED", `${type} ${hash} in pack ${pack} is damaged`, {
      hint: "handful data check --read-data names all that is; handful data pull --repair brings it back.",
    });
  };
  return { locate: (hash, type) => locate(store, hash, type), read, close };
};

/** One object's bytes; as `ObjectReader`. */
export const readObject = (store: Store, hash: string, type: ObjectType): Buffer => {
  const reader = createObjectReader(store);
  try {
    return reader.read(reader.locate(hash, type));
  } finally {
    reader.close();
  }
};
