import { hash as digest } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { artifactError } from "../../base/errors.ts";
import type { ObjectType, PackedObject } from "./pack.ts";
import { storeFailure } from "./store-failure.ts";

/** Where an object lies. */
export interface Location extends PackedObject {
  /** Name of the pack. */
  readonly pack: string;
}

export interface PackFacts {
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was written, in ms since 1970 by the clock of the time. */
  readonly created: number;
}

/** A name for a commit: "main", "head", "tag/<name>", "remote/main". */
export interface Ref {
  readonly name: string;
  readonly commit: string;
}

/** What is known of a file of the folder: its bytes hash to `hash` as long as the system says `stat` of it. */
export interface KnownFile {
  readonly stat: string;
  readonly hash: string;
}

/**
 * What a store knows, in SQLite: where every object lies, what refs name, which files were hashed.
 * Its life is that of the database handle.
 */
export interface Catalogue {
  find(hash: string): Location | undefined;
  /** Objects of some types whose hash begins so, at most `most`. */
  startingWith(prefix: string, types: readonly ObjectType[], most: number): { hash: string; type: ObjectType }[];
  packs(): PackFacts[];
  objectsOf(pack: string): PackedObject[];
  addPack(pack: PackFacts, objects: readonly PackedObject[]): void;
  /** Removes a pack and all its objects. */
  dropPack(name: string): void;
  refs(): Ref[];
  /** @throws E_REF_DAMAGED where the row is not what was written */
  ref(name: string): string | null;
  /** Points a name at a commit, or takes it away, if it names `expected` now; says whether it did. */
  moveRef(name: string, expected: string | null, next: string | null): boolean;
  knownFiles(): Map<string, KnownFile>;
  /** `null` forgets a file. */
  saveFiles(changes: ReadonlyMap<string, KnownFile | null>): void;
  setting(name: string): string | null;
  set(name: string, value: string | null): void;
  /** All or nothing, with no other writer between. */
  transaction<T>(body: () => T): T;
  /** What SQLite finds wrong with its own file. */
  faults(): string[];
  close(): void;
}

// The seal makes a changed name or hash show; nothing else in the catalogue stands alone.
const sealOf = (name: string, commit: string): string => digest("sha256", `${name} ${commit}`, "hex");

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS packs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size_bytes INTEGER NOT NULL,
    created INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS objects (hash TEXT PRIMARY KEY, type TEXT NOT NULL, pack INTEGER NOT NULL,
    offset INTEGER NOT NULL, length INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS objects_by_pack ON objects (pack, offset);
  CREATE TABLE IF NOT EXISTS refs (name TEXT PRIMARY KEY, hash TEXT NOT NULL, seal TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, stat TEXT NOT NULL, hash TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
/** How long another process may hold the catalogue, which it does for one transaction. */
const BUSY_MS = 10_000;
/** Length of the journal that is kept. */
const JOURNAL_BYTES = 2 ** 16;

const open = (path: string, readOnly: boolean): DatabaseSync => {
  const database = new DatabaseSync(path, { readOnly });
  // A rollback journal and not a write-ahead log, which could not be read from a read-only disk. It is kept between
  // transactions, so that a full disk has room for the last one, which gives the lock back.
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA synchronous = EXTRA`);
  if (readOnly) return database;
  database.exec(`PRAGMA journal_mode = PERSIST; PRAGMA journal_size_limit = ${JOURNAL_BYTES}`);
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  return database;
};

const LOCATION =
  "SELECT o.hash, o.type, o.offset, o.length, p.name AS pack FROM objects o JOIN packs p ON p.id = o.pack";

/** The functions on packs and objects. */
const objectsIn = (database: DatabaseSync) => {
  const find = database.prepare(`${LOCATION} WHERE o.hash = ?`);
  return {
    find: (hash: string) => find.get(hash) as unknown as Location | undefined,
    startingWith: (prefix: string, types: readonly ObjectType[], most: number) =>
      database
        .prepare(
          `SELECT hash, type FROM objects WHERE hash >= ? AND hash < ? AND type IN (${types.map(() => "?").join()}) LIMIT ?`,
        )
        .all(prefix, `${prefix}g`, ...types, most) as unknown as { hash: string; type: ObjectType }[],
    packs: () =>
      database
        .prepare("SELECT name, size_bytes AS sizeBytes, created FROM packs ORDER BY id")
        .all() as unknown as PackFacts[],
    objectsOf: (pack: string) =>
      database.prepare(`${LOCATION} WHERE p.name = ? ORDER BY o.offset`).all(pack) as unknown as Location[],
    addPack: ({ name, sizeBytes, created }: PackFacts, objects: readonly PackedObject[]) => {
      database
        .prepare("INSERT INTO packs (name, size_bytes, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .run(name, sizeBytes, created);
      const { id } = database.prepare("SELECT id FROM packs WHERE name = ?").get(name) as { id: number };
      const insert = database.prepare("INSERT INTO objects VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
      for (const { hash, type, offset, length } of objects) insert.run(hash, type, id, offset, length);
    },
    dropPack: (name: string) => {
      database.prepare("DELETE FROM objects WHERE pack = (SELECT id FROM packs WHERE name = ?)").run(name);
      database.prepare("DELETE FROM packs WHERE name = ?").run(name);
    },
  };
};

/** The functions on refs. */
const refsIn = (database: DatabaseSync) => {
  const refs = (): Ref[] =>
    (database.prepare("SELECT * FROM refs ORDER BY name").all() as { name: string; hash: string; seal: string }[]).map(
      ({ name, hash, seal }) => {
        if (seal !== sealOf(name, hash))
          throw artifactError("E_REF_DAMAGED", `the catalogue's name "${name}" is not what was written`, {
            hint: "handful data rebuild writes the catalogue anew from the packs.",
          });
        return { name, commit: hash };
      },
    );
  const ref = (name: string): string | null => refs().find((each) => each.name === name)?.commit ?? null;
  const moveRef = (name: string, expected: string | null, next: string | null): boolean => {
    if (ref(name) !== expected) return false;
    if (next === null) database.prepare("DELETE FROM refs WHERE name = ?").run(name);
    else
      database
        .prepare("INSERT INTO refs VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET hash = ?2, seal = ?3")
        .run(name, next, sealOf(name, next));
    return true;
  };
  return { refs, ref, moveRef };
};

/** The functions on hashed files and on settings. */
const valuesIn = (database: DatabaseSync) => ({
  knownFiles: () =>
    new Map(
      (database.prepare("SELECT * FROM files").all() as unknown as (KnownFile & { name: string })[]).map(
        ({ name, stat, hash }) => [name, { stat, hash }],
      ),
    ),
  saveFiles: (changes: ReadonlyMap<string, KnownFile | null>) => {
    const forget = database.prepare("DELETE FROM files WHERE name = ?");
    const save = database.prepare("INSERT INTO files VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET stat = ?2, hash = ?3");
    for (const [name, known] of changes)
      if (known === null) forget.run(name);
      else save.run(name, known.stat, known.hash);
  },
  setting: (name: string) =>
    (database.prepare("SELECT value FROM settings WHERE name = ?").get(name) as { value: string } | undefined)?.value ??
    null,
  set: (name: string, value: string | null) => {
    if (value === null) database.prepare("DELETE FROM settings WHERE name = ?").run(name);
    else database.prepare("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = ?2").run(name, value);
  },
});

const rollBack = (database: DatabaseSync): void => {
  try {
    database.exec("ROLLBACK");
  } catch {
    // a full or failing disk: SQLite has rolled back by itself
  }
};

const transactionIn =
  (database: DatabaseSync) =>
  <T>(body: () => T): T => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      database.exec("COMMIT");
      return result;
    } catch (thrown) {
      rollBack(database);
      throw thrown;
    }
  };

/** Has every function say what went wrong in words of a store. */
const guarded = (functions: Catalogue, folder: string): Catalogue =>
  Object.fromEntries(
    Object.entries(functions).map(([name, run]: [string, (...args: unknown[]) => unknown]) => [
      name,
      (...args: unknown[]) => {
        try {
          return run(...args);
        } catch (thrown) {
          throw storeFailure(thrown, folder);
        }
      },
    ]),
  ) as unknown as Catalogue;

/**
 * Opens the catalogue of a store, which is made where there is none yet (not when `readOnly`).
 *
 * @param folder  the store's
 */
export const openCatalogue = (folder: string, { readOnly }: { readonly readOnly: boolean }): Catalogue => {
  try {
    const database = open(`${folder}/catalogue.sqlite`, readOnly);
    const faults = () =>
      (database.prepare("PRAGMA integrity_check").all() as { integrity_check: string }[])
        .map((row) => row.integrity_check)
        .filter((text) => text !== "ok");
    return guarded(
      {
        ...objectsIn(database),
        ...refsIn(database),
        ...valuesIn(database),
        transaction: transactionIn(database),
        faults,
        close: () => database.close(),
      },
      folder,
    );
  } catch (thrown) {
    throw storeFailure(thrown, folder);
  }
};
