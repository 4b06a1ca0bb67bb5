import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { at, checkoutAt, commitAt, contentOf, lockAt, put, storeWith } from "../../../test/fixtures/versions.ts";
import { commitFolder } from "./commit.ts";
import { kindsOf } from "./difference.ts";
import { filesOf, HEAD, MAIN, readCommit, readManifest, SEEN } from "./history.ts";
import { openStore } from "./store.ts";

const photos = { "bolt/1.jpg": "one", "bolt/2.jpg": "two", "nut/1.jpg": "three", "notes.txt": "no photo" };

const packsOf = (root: string): string[] => readdirSync(join(root, ".handful/packs"));

it("keeps photos with their labels, and nothing else", async () => {
  const store = storeWith(photos);
  const done = await commitAt(store, 0, "first");
  expect(done).toMatchObject({ photos: 3, classes: 2, sizeBytes: 11, skipped: [] });
  expect(readCommit(store, done.commit!)).toEqual({
    id: done.commit,
    version: done.version,
    parents: [],
    time: at(0).toISOString(),
    message: "first",
  });
  expect(readManifest(store, done.version).map(({ name, label }) => [name, label])).toEqual([
    ["bolt/1.jpg", "bolt"],
    ["bolt/2.jpg", "bolt"],
    ["nut/1.jpg", "nut"],
  ]);
  expect([store.catalogue.ref(MAIN), store.catalogue.ref(HEAD)]).toEqual([done.commit, done.commit]);
});

it("makes no commit where nothing changed", async () => {
  const store = storeWith(photos);
  const first = await commitAt(store, 0);
  expect(await commitAt(store, 1)).toMatchObject({ version: first.version, commit: null, changes: [] });
});

it("stores bytes once, whatever their name", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  put(store.root, { "nut/copy.jpg": "one" });
  const { changes } = await commitAt(store, 1);
  expect(changes.map(kindsOf)).toEqual([["added"]]);
  const files = packsOf(store.root)
    .flatMap((pack) => store.catalogue.objectsOf(pack.replace(".pack", "")))
    .filter(({ type }) => type === "file");
  expect(files).toHaveLength(3);
});

it("names the same content by the same version", async () => {
  const [a, b] = [storeWith(photos), storeWith(photos)];
  expect((await commitAt(a, 0)).version).toBe((await commitAt(b, 5)).version);
});

it("goes on from main, also from an older version, and takes in another line of history", async () => {
  const store = storeWith(photos);
  const first = await commitAt(store, 0);
  put(store.root, { "nut/2.jpg": "four" });
  const second = await commitAt(store, 1);
  await checkoutAt(store, 2, "main~1");
  const third = await commitAt(store, 3); // back to the first, as a version of its own
  expect(third.version).toBe(first.version);
  expect(readCommit(store, third.commit!).parents).toEqual([second.commit]);
  store.catalogue.moveRef(MAIN, third.commit, second.commit); // as if the third were of another line of history
  await checkoutAt(store, 4, third.commit!);
  put(store.root, { "nut/3.jpg": "five" });
  const fourth = await commitAt(store, 5);
  expect(readCommit(store, fourth.commit!).parents).toEqual([second.commit, third.commit]);
});

it("keeps the file with the labels, and what it says", async () => {
  const store = storeWith({
    "a.jpg": "one",
    "b.jpg": "two",
    "metadata.csv": "file_name,label,split,group\na.jpg,bolt,train,p1\nb.jpg,nut,test,p2\n",
  });
  const { version } = await commitAt(store, 0);
  expect(readManifest(store, version).map((e) => [e.name, e.role, e.label, e.split, e.group])).toEqual([
    ["a.jpg", "photo", "bolt", "train", "p1"],
    ["b.jpg", "photo", "nut", "test", "p2"], // no training photo has that class: kept all the same
    ["metadata.csv", "labels", null, null, null],
  ]);
});

it("takes labels from the manifest that was named at first", async () => {
  const store = storeWith(
    { "a.jpg": "one", "other.jpg": "two", "mine.csv": "file_name,label\na.jpg,bolt\n" },
    "mine.csv",
  );
  const { version } = await commitAt(store, 0);
  expect(readManifest(store, version).map(({ name, label }) => [name, label])).toEqual([
    ["a.jpg", "bolt"],
    ["mine.csv", null],
  ]);
});

it("never takes photos out of the store itself", async () => {
  const store = storeWith({ ...photos, ".handful/1.jpg": "inside" });
  expect((await commitAt(store, 0)).photos).toBe(3);
  put(store.root, { "metadata.csv": "file_name,label\n.handful/1.jpg,bolt\n" });
  await expect(commitAt(store, 1)).rejects.toMatchObject({ code: "E_NAME" });
});

it("says what was not taken, and refuses a folder without photos", async () => {
  const store = storeWith({ "notes.txt": "no photo" });
  await expect(commitAt(store, 0)).rejects.toMatchObject({ code: "E_NO_IMAGES" });
  expect(packsOf(store.root)).toEqual([]);
});

it("reads a file again whose bytes were stored and have gone since", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the files are older now than the disk's clock
  await commitAt(store, 1);
  expect(store.catalogue.knownFiles().size).toBe(3);
  for (const { name } of store.catalogue.packs()) store.catalogue.dropPack(name);
  for (const { name, commit } of store.catalogue.refs()) store.catalogue.moveRef(name, commit, null);
  store.catalogue.set(SEEN, null);
  const { commit } = await commitAt(store, 2);
  expect(filesOf(store, commit).map(({ hash }) => store.catalogue.find(hash)?.type)).toEqual(["file", "file", "file"]);
});

it("ends with nothing kept when it is broken off", async () => {
  const store = storeWith(photos);
  const aborted = commitFolder(store, { message: "x", lock: lockAt(0), signal: AbortSignal.abort() });
  await expect(aborted).rejects.toThrow(/abort/i);
  expect([store.catalogue.ref(MAIN), readdirSync(join(store.root, ".handful/tmp"))]).toEqual([null, []]);
  expect((await commitAt(store, 1)).photos).toBe(3);
});

it("is the same for another process, and through a moved folder", async () => {
  const store = storeWith(photos);
  const { version } = await commitAt(store, 0);
  const moved = `${store.root}-moved`;
  renameSync(store.root, moved);
  try {
    const again = openStore(moved, "write");
    expect((await commitAt(again, 1)).commit).toBeNull();
    expect(filesOf(again, again.catalogue.ref(MAIN))).toEqual(readManifest(again, version));
    again.close();
  } finally {
    renameSync(moved, store.root);
  }
  expect(Object.keys(contentOf(store.root))).toHaveLength(4);
});
