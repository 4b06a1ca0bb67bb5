import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkoutAt, commitAt, contentOf, lockAt, put, storeWith } from "../../../test/fixtures/versions.ts";
import { checkStore } from "./check-store.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { resolveVersion } from "./resolve-version.ts";
import type { Rewritten } from "./rewrite-packs.ts";
import type { Store } from "./store.ts";
import { moveTag } from "./tags.ts";

const DAY_MS = 86_400_000;
const gcAt = (store: Store, hours: number, graceDays: number): Promise<Rewritten> =>
  collectGarbage(store, { lock: lockAt(hours), graceMs: graceDays * DAY_MS });

/** A store with two versions, and at hour 10 what is in none of them, put aside by a checkout. */
const littered = async (): Promise<Store> => {
  const store = storeWith({ "a/1.jpg": "one", "b/1.jpg": "two" });
  await commitAt(store, 0);
  put(store.root, { "b/2.jpg": "three" });
  await commitAt(store, 1);
  put(store.root, { "a/1.jpg": "never committed" });
  await checkoutAt(store, 10, "main", true);
  return store;
};

const filesIn = (store: Store): number =>
  store.catalogue
    .packs()
    .flatMap(({ name }) => store.catalogue.objectsOf(name))
    .filter(({ type }) => type === "file").length;

it("deletes what no version holds once the grace is over, and not before", async () => {
  const store = await littered();
  expect(await gcAt(store, 10 + 24 * 14 - 1, 14)).toEqual({ objects: 0, freedBytes: 0 });
  expect(filesIn(store)).toBe(4);
  const { objects, freedBytes } = await gcAt(store, 10 + 24 * 14, 14);
  expect(objects).toBe(4); // the photo, a part, the manifest, the commit
  expect(freedBytes).toBeGreaterThan(0);
  expect(filesIn(store)).toBe(3);
  expect((await checkStore(store, { readData: true })).faults).toEqual([]);
  expect(await gcAt(store, 1e6, 0)).toEqual({ objects: 0, freedBytes: 0 });
});

it("is not fooled by a clock that jumps: what versions hold stays, and nothing is older than it is", async () => {
  const store = await littered();
  expect((await gcAt(store, -24 * 365, 14)).objects).toBe(0);
  await gcAt(store, 24 * 3650, 14);
  for (const version of ["main~1", "main"]) await checkoutAt(store, 20, version);
  expect(contentOf(store.root)).toEqual({ "a/1.jpg": "one", "b/1.jpg": "two", "b/2.jpg": "three" });
});

it("keeps what only a tag names", async () => {
  const store = storeWith({ "a/1.jpg": "one" });
  await commitAt(store, 0);
  put(store.root, { "a/2.jpg": "two" });
  const { rescued } = await checkoutAt(store, 1, "main", true);
  await moveTag(store, "aside", resolveVersion(store, rescued!), lockAt(2));
  expect((await gcAt(store, 1e6, 0)).objects).toBe(0);
  await checkoutAt(store, 3, "aside");
  expect(contentOf(store.root)).toEqual({ "a/1.jpg": "one", "a/2.jpg": "two" });
});

it("sweeps what commands that were cut off left", async () => {
  const store = await littered();
  writeFileSync(join(store.folder, "tmp/half"), "x");
  writeFileSync(join(store.folder, `packs/${"0".repeat(64)}.pack`), "x");
  await gcAt(store, 11, 14);
  expect(readdirSync(join(store.folder, "tmp"))).toEqual([]);
  expect(readdirSync(join(store.folder, "packs"))).toHaveLength(3);
});

it("deletes nothing where the store is damaged", async () => {
  const store = await littered();
  const main = resolveVersion(store, "main");
  store.catalogue.dropPack(store.catalogue.find(main.version)!.pack);
  const before = filesIn(store);
  await expect(gcAt(store, 1e6, 0)).rejects.toMatchObject({ kind: "damaged" });
  expect(filesIn(store)).toBe(before);
});
