import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { commitAt, put, storeWith } from "../../../test/fixtures/versions.ts";
import { fileState, readWhole } from "./folder-file.ts";
import { changesToKnown, diskClock, hashFiles } from "./hash-files.ts";
import type { Store } from "./store.ts";

const filesIn = (store: Store, names: readonly string[]) =>
  names.map((name) => ({ name, path: Buffer.from(join(store.root, name)) }));

/** Waits until the disk's clock has moved past all files. */
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Names of the files that had to be read. */
const readAnew = async (store: Store, names: readonly string[]): Promise<number> => {
  let read = 0;
  await hashFiles(store, filesIn(store, names), { onContent: () => void read++ });
  return read;
};

it("reads unchanged files once and never again", async () => {
  const store = storeWith({ "a/1.jpg": "one", "b/1.jpg": "two" });
  await tick();
  await commitAt(store, 0);
  expect(await readAnew(store, ["a/1.jpg", "b/1.jpg"])).toBe(0);
});

it("reads what changed, though size and time of modification are the same", async () => {
  const store = storeWith({ "a/1.jpg": "one", "b/1.jpg": "two" });
  await tick();
  await commitAt(store, 0);
  await tick();
  const path = join(store.root, "a/1.jpg");
  const { atime, mtime } = statSync(path);
  writeFileSync(path, "ONE");
  utimesSync(path, atime, mtime);
  expect(await readAnew(store, ["a/1.jpg", "b/1.jpg"])).toBe(1);
  expect((await commitAt(store, 1)).changes).toHaveLength(1);
});

it("does not trust a file that was written in the same tick of the clock", async () => {
  const store = storeWith({ "a/1.jpg": "one" });
  const clock = diskClock(store);
  put(store.root, { "a/1.jpg": "two" });
  const files = filesIn(store, ["a/1.jpg"]);
  expect((await hashFiles(store, files, { clock })).get("a/1.jpg")).toMatchObject({ settled: false });
  await tick();
  expect((await hashFiles(store, files, { clock: diskClock(store) })).get("a/1.jpg")).toMatchObject({ settled: true });
  expect((await hashFiles(store, files)).get("a/1.jpg")).toMatchObject({ settled: false });
});

it("leaves out what is not there", async () => {
  const store = storeWith({ "a/1.jpg": "one" });
  expect([...(await hashFiles(store, filesIn(store, ["a/1.jpg", "a/2.jpg", "a"]))).keys()]).toEqual(["a/1.jpg"]);
});

it("remembers what settled, and forgets the rest", () => {
  const file = (stat: string, settled: boolean) => ({ stat, hash: stat, sizeBytes: 1, settled });
  const known = new Map(["same", "older", "unsettled", "gone"].map((name) => [name, { stat: "1", hash: "1" }]));
  const hashed = new Map([
    ["same", file("1", true)],
    ["older", file("2", true)],
    ["unsettled", file("3", false)],
    ["new", file("4", true)],
    ["new and unsettled", file("5", false)],
  ]);
  expect(changesToKnown(known, hashed)).toEqual(
    new Map([
      ["older", { stat: "2", hash: "2" }],
      ["unsettled", null],
      ["new", { stat: "4", hash: "4" }],
      ["gone", null],
    ]),
  );
});

it("reads a whole file and what the system says of it", () => {
  const store = storeWith({ "a/1.jpg": "abc" });
  const path = Buffer.from(join(store.root, "a/1.jpg"));
  const file = readWhole(path, "a/1.jpg");
  expect(file.bytes.toString()).toBe("abc");
  expect(file.hash).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(fileState(path)).toMatchObject({ stat: file.stat, sizeBytes: 3 });
  expect(() => readWhole(Buffer.from(join(store.root, "a")), "a")).toThrow("wanted a regular file");
  expect(fileState(Buffer.from(store.root))).toBeNull();
});
