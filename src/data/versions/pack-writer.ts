import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { encodePackEnd, PACK_BYTES, PACK_HEAD, type ObjectType, type PackedObject } from "./pack.ts";
import type { Writer } from "./lock.ts";
import { packPath, type Store } from "./store.ts";
import { storeFailure } from "./store-failure.ts";
import { syncFolder, writeAll } from "./write-durably.ts";

/** Bytes gathered before they are written. */
const BUFFER_BYTES = 4 * 2 ** 20;
/** Objects from this size on are alone in their pack. */
export const LARGE_BYTES = 4 * 2 ** 20;

/** A pack that lies in the store, though the catalogue does not know of it yet. */
export interface FinishedPack {
  readonly name: string;
  readonly sizeBytes: number;
  readonly objects: readonly PackedObject[];
}

interface OpenPack {
  add(type: ObjectType, hash: string, bytes: Buffer): void;
  sizeBytes(): number;
  /** Ends the pack, has the disk keep it, and gives it its name. */
  finish(): FinishedPack;
  discard(): void;
}

const openPack = (store: Store): OpenPack => {
  const temporary = join(store.folder, "tmp", randomUUID());
  const file = openSync(temporary, "wx");
  const objects: PackedObject[] = [];
  let waiting: Buffer[] = [PACK_HEAD];
  let waitingBytes = PACK_HEAD.length;
  let sizeBytes = PACK_HEAD.length;
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  const flush = (): void => {
    const bytes = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    [waiting, waitingBytes] = [[], 0];
    try {
      writeAll(file, bytes);
    } catch (thrown) {
      throw storeFailure(thrown, store.folder, bytes.length);
    }
  };
  const push = (bytes: Buffer): void => {
    waiting.push(bytes);
    waitingBytes += bytes.length;
    sizeBytes += bytes.length;
    if (waitingBytes >= BUFFER_BYTES) flush();
  };
  const finish = (): FinishedPack => {
    const { name, bytes } = encodePackEnd(objects);
    push(bytes);
    flush();
    fsyncSync(file);
    close();
    renameSync(temporary, packPath(store, name));
    return { name, sizeBytes, objects };
  };
  return {
    add: (type, hash, bytes) => {
      objects.push({ type, hash, offset: sizeBytes, length: bytes.length });
      push(bytes);
    },
    sizeBytes: () => sizeBytes,
    finish,
    discard: () => {
      try {
        close();
      } finally {
        rmSync(temporary, { force: true });
      }
    },
  };
};

/** Puts objects into packs. */
export interface PackWriter {
  /** Whether the object was put in here. */
  has(hash: string): boolean;
  add(type: ObjectType, hash: string, bytes: Buffer): void;
  /** Ends the last pack; from here on all that was added is in the store. */
  finish(): void;
  /** Removes what is unfinished, after a failure. */
  discard(): void;
}

/**
 * Puts objects into packs of the store, a new one whenever one is full.
 *
 * @param onPack  gets each pack once the disk keeps it, to be put into the catalogue
 */
export const createPackWriter = (store: Store, onPack: (pack: FinishedPack) => void): PackWriter => {
  const added = new Set<string>();
  let pack: OpenPack | null = null;
  const end = (each: OpenPack): void => {
    const finished = each.finish();
    syncFolder(join(store.folder, "packs"));
    onPack(finished);
  };
  return {
    has: (hash) => added.has(hash),
    add: (type, hash, bytes) => {
      added.add(hash);
      if (bytes.length >= LARGE_BYTES) {
        const alone = openPack(store);
        try {
          alone.add(type, hash, bytes);
          end(alone);
        } catch (thrown) {
          alone.discard();
          throw thrown;
        }
        return;
      }
      pack ??= openPack(store);
      pack.add(type, hash, bytes);
      if (pack.sizeBytes() < PACK_BYTES) return;
      end(pack);
      pack = null;
    },
    finish: () => {
      if (pack) end(pack);
      pack = null;
    },
    discard: () => pack?.discard(),
  };
};

/** Puts packs into the catalogue as they are finished, so that what is stored stays so if the command is cut off. */
export const packsInto = (store: Store, writer: Writer, now: Date): PackWriter =>
  createPackWriter(store, ({ name, sizeBytes, objects }) =>
    writer.transaction(() => store.catalogue.addPack({ name, sizeBytes, created: now.getTime() }, objects)),
  );

/** Runs `body` with a writer of packs, of which nothing unfinished is left behind. */
export const withPacks = async <T>(
  packs: PackWriter,
  store: Store,
  body: (packs: PackWriter) => Promise<T>,
): Promise<T> => {
  try {
    return await body(packs);
  } catch (thrown) {
    packs.discard();
    throw storeFailure(thrown, store.folder);
  }
};
