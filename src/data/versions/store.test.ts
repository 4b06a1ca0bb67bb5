import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { commitAt, folderWith, put, storeWith } from "../../../test/fixtures/versions.ts";
import { caseTwins, ignoresCase } from "./case-twins.ts";
import { filesOf, MAIN } from "./history.ts";
import { createObjectReader, readObject } from "./read-object.ts";
import { listStock, takeStock } from "./stock.ts";
import { storeFailure } from "./store-failure.ts";
import { findStore, initStore, openStore, packPath } from "./store.ts";
import { writeDurably } from "./write-durably.ts";

const created = { labels: null, createdBy: "handful test" };

it("makes a store once, and finds it from below", () => {
  const folder = folderWith({ "a/b/1.jpg": "one" });
  expect(findStore(folder)).toBeNull();
  expect(() => openStore(folder, "read")).toThrow("no versions are kept of this folder");
  expect(initStore(folder, created)).toBe(true);
  const text = readFileSync(join(folder, ".handful/store.json"), "utf8");
  expect(text).toBe('{"format":1,"createdBy":"handful test","labels":null}\n');
  expect(initStore(folder, { ...created, createdBy: "another" })).toBe(false);
  expect(readFileSync(join(folder, ".handful/store.json"), "utf8")).toBe(text);
  expect(findStore(join(folder, "a/b"))).toBe(folder);
});

it("goes on with an init that was cut off", () => {
  const folder = folderWith({});
  mkdirSync(join(folder, ".handful/packs"), { recursive: true });
  expect(findStore(folder)).toBeNull();
  expect(initStore(folder, created)).toBe(true);
  openStore(folder, "write").close();
});

it("reads objects, each checked and of the type asked for", async () => {
  const store = storeWith({ "a/1.jpg": "one" });
  await commitAt(store, 0);
  const [{ hash } = { hash: "" }] = filesOf(store, store.catalogue.ref(MAIN));
  expect(readObject(store, hash, "file").toString()).toBe("one");
  expect(() => readObject(store, hash, "commit")).toThrow("wanted a commit, got a file");
  expect(() => readObject(store, "0".repeat(64), "file")).toThrow("is not in the store");
  const reader = createObjectReader(store);
  const place = reader.locate(hash, "file");
  rmSync(packPath(store, place.pack));
  expect(() => reader.read(place)).toThrow(`the pack ${place.pack} of file ${hash} is gone`);
});

it("lists and hashes what a folder holds; nothing, where it holds nothing", async () => {
  const store = storeWith({ "a/1.jpg": "one", "notes.txt": "x" });
  expect((await listStock(store)).items.map(({ name }) => name)).toEqual(["a/1.jpg"]);
  expect((await takeStock(store)).entries).toMatchObject([{ name: "a/1.jpg", label: "a", sizeBytes: 3 }]);
  put(store.root, { "a/1.jpg": null });
  expect((await takeStock(store)).entries).toEqual([]);
});

it("knows names that some disks take for one", () => {
  expect(caseTwins(["Cat/1.jpg", "cat/1.jpg", "dog/1.jpg"])).toEqual([["Cat/1.jpg", "cat/1.jpg"]]);
  expect(caseTwins(["e\u0301.jpg", "\u00e9.jpg"])).toHaveLength(1);
  expect(caseTwins(["a", "b"])).toEqual([]);
  const store = storeWith({});
  expect(ignoresCase(store)).toBe(statSync(store.folder.toUpperCase(), { throwIfNoEntry: false }) !== undefined);
});

it.each([
  [{ code: "ENOSPC" }, "E_NO_SPACE", "permission"],
  [{ code: "EDQUOT" }, "E_NO_SPACE", "permission"],
  [{ code: "EFBIG" }, "E_NO_SPACE", "permission"],
  [{ code: "EROFS" }, "E_READ_ONLY", "permission"],
  [{ code: "EPERM" }, "E_READ_ONLY", "permission"],
  [{ code: "EIO" }, "E_DISK", "permission"],
  [{ code: "ERR_SQLITE_ERROR", errcode: 13 }, "E_NO_SPACE", "permission"], // SQLITE_FULL
  [{ code: "ERR_SQLITE_ERROR", errcode: 10 | (4 << 8) }, "E_DISK", "permission"], // SQLITE_IOERR_FSYNC
  [{ code: "ERR_SQLITE_ERROR", errcode: 5 }, "E_LOCKED", "permission"], // SQLITE_BUSY
  [{ code: "ERR_SQLITE_ERROR", errcode: 11 }, "E_CATALOGUE_DAMAGED", "damaged"], // SQLITE_CORRUPT
  [{ code: "ERR_SQLITE_ERROR", errcode: 26 }, "E_CATALOGUE_DAMAGED", "damaged"], // SQLITE_NOTADB
])("says what %o means", (facts, code, kind) => {
  expect(storeFailure(Object.assign(new Error("x"), facts), tmpdir(), 5_000_000)).toMatchObject({ code, kind });
});

it("says how much was wanted and is free, and leaves other errors alone", () => {
  const full = Object.assign(new Error("x"), { code: "ENOSPC" });
  expect(String(storeFailure(full, tmpdir(), 5_000_000))).toMatch(/wanted 5\.0 MB, [\d.]+ [kM]B free/);
  const other = new Error("oops");
  expect(storeFailure(other, tmpdir())).toBe(other);
});

it("writes a small file whole, and leaves nothing behind where it cannot", () => {
  const folder = mkdtempSync(join(tmpdir(), "handful-durably-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeDurably(join(folder, "x"), "old", folder);
  writeDurably(join(folder, "x"), "new", folder);
  expect(readFileSync(join(folder, "x"), "utf8")).toBe("new");
  mkdirSync(join(folder, "taken/full"), { recursive: true });
  expect(() => writeDurably(join(folder, "taken"), "x", folder)).toThrow();
  expect(readdirSync(folder).sort()).toEqual(["taken", "x"]);
});
