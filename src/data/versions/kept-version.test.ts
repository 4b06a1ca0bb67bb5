import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkoutAt, commitAt, folderWith, put, storeWith } from "../../../test/fixtures/versions.ts";
import { scanDataset } from "../scan.ts";
import { keptVersion, type KeptVersion } from "./kept-version.ts";

/** What is said of a folder's photos, read as they are. */
const kept = async (folder: string): Promise<KeptVersion> => {
  const dataset = await scanDataset(folder);
  return keptVersion(
    dataset,
    dataset.items.map(({ path }) => createHash("sha256").update(readFileSync(path)).digest("hex")),
  );
};

it("knows nothing of a folder without versions", async () =>
  expect(await kept(folderWith({ "a/1.jpg": "one" }))).toEqual({ version: null, note: null }));

it("finds the version of just these photos, whichever is checked out", async () => {
  const store = storeWith({ "a/1.jpg": "one", "b/1.jpg": "two" });
  const first = await commitAt(store, 0);
  expect(await kept(store.root)).toEqual({ version: first.version, note: null });
  for (const [name, text] of [
    ["a/1.jpg", "other bytes"],
    ["b/2.jpg", "one more"],
    ["c/1.jpg", "two"],
  ] as const) {
    put(store.root, { [name]: text });
    expect((await kept(store.root)).version).toBeNull();
  }
  const second = await commitAt(store, 1);
  expect(await kept(store.root)).toEqual({ version: second.version, note: null });
  await checkoutAt(store, 2, "main~1");
  expect((await kept(store.root)).version).toBe(first.version);
});

it("minds splits, and classes that only a test folder has", async () => {
  const store = storeWith({ "train/a/1.jpg": "one", "train/b/1.jpg": "two", "test/c/1.jpg": "three" });
  const { version } = await commitAt(store, 0);
  expect((await kept(store.root)).version).toBe(version);
});

it("minds labels and groups of a manifest", async () => {
  const manifest = (group: string): string => `file_name,label,group\na.jpg,x,${group}\nb.jpg,y,\n`;
  const store = storeWith({ "a.jpg": "one", "b.jpg": "two", "metadata.csv": manifest("p1") });
  const { version } = await commitAt(store, 0);
  expect((await kept(store.root)).version).toBe(version);
  put(store.root, { "metadata.csv": manifest("p2") });
  const { version: none, note } = await kept(store.root);
  expect(none).toBeNull();
  expect(note).toContain("handful data commit");
});

it("says so where versions cannot be read, and goes on", async () => {
  const store = storeWith({ "a/1.jpg": "one" });
  await commitAt(store, 0);
  writeFileSync(join(store.folder, "store.json"), "{");
  expect(await kept(store.root)).toMatchObject({
    version: null,
    note: expect.stringMatching(/^the versions/) as unknown,
  });
});
