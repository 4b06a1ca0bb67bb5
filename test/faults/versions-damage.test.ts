import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { HandfulError } from "../../src/base/errors.ts";
import { createRandom } from "../../src/base/random.ts";
import { checkStore } from "../../src/data/versions/check-store.ts";
import { filesOf, historyOf, MAIN, readCommit, readManifest } from "../../src/data/versions/history.ts";
import { readObject } from "../../src/data/versions/read-object.ts";
import { initStore, openStore, packPath, type Store } from "../../src/data/versions/store.ts";
import { commandLine } from "../fixtures/command-line.ts";
import { checkoutAt, commitAt, put } from "../fixtures/versions.ts";

// Cases 50 and 51: every kind of damage is named and ends with 4, nothing damaged passes for data, and a store of a
// later format is left alone.

const work = mkdtempSync(join(tmpdir(), "handful-damage-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const handful = commandLine(work);

const base = join(work, "base");
put(base, { "a/1.jpg": "the first photo", "b/1.jpg": "the second photo" });
initStore(base, { labels: null, createdBy: "handful test" });
const made = openStore(base, "write");
await commitAt(made, 0);
put(base, { "b/2.jpg": "the third photo" });
await commitAt(made, 1);
const [newest, oldest] = historyOf(made, [made.catalogue.ref(MAIN)!]);
const [photo] = readManifest(made, newest!.version);
made.close();

let copies = 0;
const copy = (): string => {
  const folder = join(work, `copy-${copies++}`);
  cpSync(base, folder, { recursive: true });
  return folder;
};

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at]! ^= 0x10;
  writeFileSync(path, bytes);
};

const sql = (folder: string, statement: string): void => {
  const database = new DatabaseSync(join(folder, ".handful/catalogue.sqlite"));
  database.exec(statement);
  database.close();
};

/** Path of the pack that holds an object, and where in it. */
const placeOf = (folder: string, hash: string): { path: string; offset: number } => {
  const store = openStore(folder, "read");
  const { pack, offset } = store.catalogue.find(hash)!;
  store.close();
  return { path: packPath(store, pack), offset };
};

const codesOf = async (folder: string, readData = true): Promise<string[]> => {
  const store = openStore(folder, "read");
  const { faults } = await checkStore(store, { readData });
  store.close();
  return [...new Set(faults.map(({ code }) => code))];
};

interface Damage {
  readonly what: string;
  readonly code: string;
  readonly damage: (folder: string) => void;
  /** Whether it shows only when every byte is read. */
  readonly onlyInData?: boolean;
}

const damages: readonly Damage[] = [
  {
    what: "a photo with a flipped bit",
    code: "E_OBJECT_DAMAGED",
    onlyInData: true,
    damage: (folder) => {
      const { path, offset } = placeOf(folder, photo!.hash);
      flip(path, offset + 3);
    },
  },
  {
    what: "a manifest with a flipped bit",
    code: "E_OBJECT_DAMAGED",
    damage: (folder) => {
      const { path, offset } = placeOf(folder, newest!.version);
      flip(path, offset + 10);
    },
  },
  {
    what: "a commit with a flipped bit",
    code: "E_OBJECT_DAMAGED",
    damage: (folder) => {
      const { path, offset } = placeOf(folder, oldest!.id);
      flip(path, offset + 10);
    },
  },
  {
    what: "a pack that is gone",
    code: "E_PACK_MISSING",
    damage: (folder) => rmSync(placeOf(folder, newest!.version).path),
  },
  {
    what: "a pack that is cut off",
    code: "E_PACK_DAMAGED",
    damage: (folder) => {
      const { path } = placeOf(folder, newest!.version);
      truncateSync(path, readFileSync(path).length - 5);
    },
  },
  {
    what: "an empty pack",
    code: "E_PACK_DAMAGED",
    damage: (folder) => truncateSync(placeOf(folder, photo!.hash).path, 0),
  },
  {
    what: "a pack whose index has a flipped bit",
    code: "E_PACK_DAMAGED",
    damage: (folder) => {
      const { path } = placeOf(folder, newest!.version);
      flip(path, readFileSync(path).length - 60);
    },
  },
  {
    what: "a name that was changed",
    code: "E_REF_DAMAGED",
    damage: (folder) => sql(folder, `UPDATE refs SET hash = '${oldest!.id}' WHERE name = 'main'`),
  },
  {
    what: "a photo that is not in the catalogue",
    code: "E_OBJECT_MISSING",
    damage: (folder) => sql(folder, `DELETE FROM objects WHERE hash = '${photo!.hash}'`),
  },
  {
    what: "a photo that the catalogue takes for a commit",
    code: "E_OBJECT_TYPE",
    damage: (folder) => sql(folder, `UPDATE objects SET type = 'commit' WHERE hash = '${photo!.hash}'`),
  },
  {
    what: "a manifest that the catalogue takes for a photo",
    code: "E_OBJECT_TYPE",
    damage: (folder) => sql(folder, `UPDATE objects SET type = 'file' WHERE hash = '${newest!.version}'`),
  },
  {
    what: "a photo of another length in the catalogue",
    code: "E_OBJECT_LENGTH",
    damage: (folder) => sql(folder, `UPDATE objects SET length = length - 1 WHERE hash = '${photo!.hash}'`),
  },
  {
    what: "a photo at another place in the catalogue",
    code: "E_CATALOGUE_DAMAGED",
    damage: (folder) => sql(folder, `UPDATE objects SET offset = offset + 1 WHERE hash = '${photo!.hash}'`),
  },
  {
    what: "a pack of another length in the catalogue",
    code: "E_PACK_LENGTH",
    damage: (folder) => sql(folder, `UPDATE packs SET size_bytes = 1 WHERE id = 1`),
  },
];

it("finds nothing wrong with a store that is whole", async () => expect(await codesOf(copy())).toEqual([]));

it.each(damages)("names $what: $code", async ({ code, damage, onlyInData = false }) => {
  const folder = copy();
  damage(folder);
  expect(await codesOf(folder)).toContain(code);
  expect(await codesOf(folder, false)).toEqual(onlyInData ? [] : (expect.arrayContaining([code]) as unknown));
});

it("ends with 4 and says which photo it is", () => {
  const folder = copy();
  damages[0]!.damage(folder);
  const { code, out } = handful(["data", "check", folder, "--read-data"]);
  expect(code).toBe(4);
  expect(out).toMatch(/^! a\/1\.jpg \([0-9a-f]{64}\) in pack [0-9a-f]{64} is damaged \(E_OBJECT_DAMAGED\)$/m);
  expect(out).toContain("1 fault");
  const json = handful(["data", "check", folder, "--read-data", "--json"]);
  expect(json.code).toBe(4);
  expect(JSON.parse(json.out)).toMatchObject({ faults: [{ code: "E_OBJECT_DAMAGED" }] });
});

it("finds flipped bytes wherever they are in a pack", async () => {
  const folder = copy();
  const store = openStore(folder, "read");
  const packs = readdirSync(join(folder, ".handful/packs")).map((file) => join(folder, ".handful/packs", file));
  const random = createRandom("flipped bytes");
  for (let i = 0; i < 200; i++) {
    const path = packs[i % packs.length]!;
    const at = random.integer(readFileSync(path).length);
    flip(path, at);
    expect((await checkStore(store, { readData: true })).faults.length, `${path} ${at}`).toBeGreaterThan(0);
    flip(path, at);
  }
  expect((await checkStore(store, { readData: true })).faults).toEqual([]);
  store.close();
});

/** All that can be read of all versions, or the code of the error that says why not. */
const readAll = (folder: string): unknown => {
  let store: Store | null = null;
  try {
    store = openStore(folder, "read");
    const main = store.catalogue.ref(MAIN)!;
    return historyOf(store, [main]).map(({ id }) => {
      const files = filesOf(store!, id);
      return [readCommit(store!, id), files, files.map(({ hash }) => readObject(store!, hash, "file").toString())];
    });
  } catch (thrown) {
    return thrown instanceof HandfulError ? thrown.kind : thrown;
  } finally {
    store?.close();
  }
};

it("never reads anything else than what was written, whatever byte of the catalogue is flipped", () => {
  const whole = readAll(base);
  expect(whole).toHaveLength(2);
  const folder = copy();
  const path = join(folder, ".handful/catalogue.sqlite");
  const original = readFileSync(path);
  const random = createRandom("flips");
  for (let i = 0; i < 300; i++) {
    const at = random.integer(original.length);
    flip(path, at);
    const got = readAll(folder);
    if (got !== "damaged") expect(got, `byte ${at}`).toEqual(whole);
    writeFileSync(path, original);
  }
});

it("fails closed: a checkout writes nothing that is damaged", async () => {
  const folder = copy();
  damages[0]!.damage(folder);
  const store = openStore(folder, "write");
  put(folder, { "a/1.jpg": null });
  await expect(checkoutAt(store, 2, "main")).rejects.toMatchObject({ code: "E_OBJECT_DAMAGED", kind: "damaged" });
  expect(readdirSync(join(folder, "a"))).toEqual([]);
  store.close();
});

describe("a catalogue that is lost", () => {
  const lost = copy();
  writeFileSync(join(lost, ".handful/catalogue.sqlite"), "no catalogue any more");

  it("is named, and written anew from the packs", async () => {
    const failed = handful(["data", "check", lost]);
    expect(failed.code).toBe(4);
    expect(failed.err).toMatch(/the catalogue is damaged\n.*handful data rebuild/);
    const { code, out } = handful(["data", "rebuild", lost]);
    expect([code, out]).toEqual([0, expect.stringContaining("2 commits, 9 objects")]);
    expect(await codesOf(lost)).toEqual([]);
    expect(handful(["data", "status", lost]).out).toMatch(/^at .*\nnothing changed\n$/);
    expect(readdirSync(join(lost, ".handful")).sort()).toContain("catalogue.damaged-1");
  });
});

describe("a store of a later format", () => {
  const folder = copy();
  const file = join(folder, ".handful/store.json");
  writeFileSync(file, '{"format":2,"createdBy":"handful 9.0.0","labels":null}\n');
  const before = readdirSync(join(folder, ".handful"), { recursive: true }).sort();

  it.each([["status"], ["commit", "-m", "x"], ["init"]])("is left alone by %s", (...args) => {
    const { code, err } = handful(["data", ...args, "--in", folder]);
    expect(code).toBe(4);
    expect(err).toMatch(/created by handful 9\.0\.0, needs a Handful that reads stores of format 2 or later/);
    expect(readdirSync(join(folder, ".handful"), { recursive: true }).sort()).toEqual(before);
  });
});

it.each(["", "{", "null", '{"format":"one"}', '{"format":1,"labels":3}'])("the store file %j is named", (text) => {
  const folder = copy();
  writeFileSync(join(folder, ".handful/store.json"), text);
  expect(() => openStore(folder, "read")).toThrow(/store\.json: wanted format, createdBy and labels as JSON/);
});
