import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  checkoutAt,
  commitAt,
  contentOf,
  folderWith,
  lockAt,
  put,
  storeWith,
} from "../../../test/fixtures/versions.ts";
import { checkStore } from "./check-store.ts";
import { filesOf, historyOf, MAIN, readCommit, REMOTE_MAIN } from "./history.ts";
import { pull, type Pulled } from "./pull.ts";
import { push, type Pushed } from "./push.ts";
import { openRemote } from "./open-remote.ts";
import type { Remote } from "./remote.ts";
import { decodeRefs, encodeRefs, REFS_FILE } from "./remote-refs.ts";
import { resolveVersion } from "./resolve-version.ts";
import { packPath, type Store } from "./store.ts";
import { moveTag } from "./tags.ts";

const pushAt = (store: Store, remote: Remote): Promise<Pushed> => push(store, remote, { lock: lockAt(100) });
const pullAt = (store: Store, remote: Remote, repair = false): Promise<Pulled> =>
  pull(store, remote, { lock: lockAt(100), repair });

/** A folder as a remote, gone after the test. */
const folderRemote = async (): Promise<Remote> => openRemote({ where: folderWith({}) });

/** A store with two versions and a tag. */
const two = async (): Promise<Store> => {
  const store = storeWith({ "a/1.jpg": "one", "b/1.jpg": "two" });
  await commitAt(store, 0);
  await moveTag(store, "v1", resolveVersion(store, "main"), lockAt(0));
  put(store.root, { "b/2.jpg": "three", "a/1.jpg": "changed" });
  await commitAt(store, 1);
  return store;
};

const whole = async (store: Store): Promise<unknown[]> => [...(await checkStore(store, { readData: true })).faults];

it("brings all versions and tags to another folder, where they can be checked out", async () => {
  const [ours, remote, theirs] = [await two(), await folderRemote(), storeWith({})];
  const main = ours.catalogue.ref(MAIN)!;
  expect(await pushAt(ours, remote)).toMatchObject({ objects: 10, packs: 1, main });
  expect(ours.catalogue.ref(REMOTE_MAIN)).toBe(main);
  expect(await pullAt(theirs, remote)).toMatchObject({ objects: 10, main, moved: true, tags: ["v1"] });
  expect(await whole(theirs)).toEqual([]);
  for (const version of ["v1", "main"]) {
    await checkoutAt(ours, 5, version);
    await checkoutAt(theirs, 5, version);
    expect(contentOf(theirs.root)).toEqual(contentOf(ours.root));
  }
});

it("sends and fetches only what is missing", async () => {
  const [ours, remote, theirs] = [await two(), await folderRemote(), storeWith({})];
  await pushAt(ours, remote);
  await pullAt(theirs, remote);
  expect(await pushAt(ours, remote)).toMatchObject({ objects: 0, sentBytes: 0, packs: 0 });
  expect(await pullAt(theirs, remote)).toMatchObject({ objects: 0, receivedBytes: 0, moved: false });
  put(ours.root, { "b/3.jpg": "four" });
  await commitAt(ours, 2);
  expect(await pushAt(ours, remote)).toMatchObject({ objects: 4, packs: 1 }); // photo, part, manifest, commit
  expect(await pullAt(theirs, remote)).toMatchObject({ objects: 4, moved: true });
});

/** A remote that fails at its n-th write. */
const failingAt = (remote: Remote, fatal: number): Remote => {
  let writes = 0;
  return {
    ...remote,
    write: (name, bytes) =>
      ++writes === fatal ? Promise.reject(new Error("the line is cut")) : remote.write(name, bytes),
  };
};

it("goes on after a cut where it was", async () => {
  const [store, remote] = [await two(), await folderRemote()];
  const small = { lock: lockAt(100), packBytes: 1 };
  await expect(push(store, failingAt(remote, 5), small)).rejects.toThrow("the line is cut");
  expect(await remote.read(REFS_FILE)).toBeNull();
  expect(await push(store, remote, small)).toMatchObject({ objects: 6, packs: 6 });
  expect(await remote.list("packs")).toHaveLength(10);
  const theirs = storeWith({});
  expect(await pullAt(theirs, remote)).toMatchObject({ objects: 10 });
  expect(await whole(theirs)).toEqual([]);
});

it("refuses to push over versions that are not known here, and takes them in", async () => {
  const [ours, remote, theirs] = [await two(), await folderRemote(), storeWith({})];
  await pushAt(ours, remote);
  await pullAt(theirs, remote);
  await checkoutAt(theirs, 2, "main");
  put(ours.root, { "b/ours.jpg": "ours" });
  await commitAt(ours, 3);
  put(theirs.root, { "b/theirs.jpg": "theirs" });
  await commitAt(theirs, 4);
  await pushAt(ours, remote);
  await expect(pushAt(theirs, remote)).rejects.toMatchObject({ code: "E_DIVERGED" });
  await expect(pullAt(theirs, remote)).rejects.toMatchObject({ code: "E_DIVERGED" });
  await checkoutAt(theirs, 5, "remote/main");
  put(theirs.root, { "b/theirs.jpg": "theirs" });
  const merged = await commitAt(theirs, 6);
  expect(readCommit(theirs, merged.commit!).parents).toHaveLength(2);
  await pushAt(theirs, remote);
  expect(await pullAt(ours, remote)).toMatchObject({ moved: true });
  expect(historyOf(ours, [ours.catalogue.ref(MAIN)!])).toHaveLength(5);
  expect(filesOf(ours, ours.catalogue.ref(MAIN)).map(({ name }) => name)).toContain("b/theirs.jpg");
});

it("takes nothing back of what was pulled and not yet checked out", async () => {
  const [ours, remote, theirs] = [await two(), await folderRemote(), storeWith({})];
  await pushAt(ours, remote);
  await pullAt(theirs, remote);
  await checkoutAt(theirs, 2, "main");
  const before = theirs.catalogue.ref(MAIN);
  put(ours.root, { "b/ours.jpg": "ours" });
  await commitAt(ours, 3);
  await pushAt(ours, remote);
  expect(await pullAt(theirs, remote)).toMatchObject({ moved: true });
  put(theirs.root, { "b/theirs.jpg": "theirs" });
  const { commit, changes } = await commitAt(theirs, 4); // without "b/ours.jpg", which it has never seen
  expect(changes).toHaveLength(1);
  expect(readCommit(theirs, commit!).parents).toEqual([before]);
  await expect(pushAt(theirs, remote)).rejects.toMatchObject({ code: "E_DIVERGED" });
});

it("never lets a tag mean two things", async () => {
  const [ours, remote, theirs] = [await two(), await folderRemote(), storeWith({})];
  await pushAt(ours, remote);
  await pullAt(theirs, remote);
  await moveTag(ours, "v2", resolveVersion(ours, "main"), lockAt(2));
  await moveTag(theirs, "v2", resolveVersion(theirs, "v1"), lockAt(2));
  await pushAt(ours, remote);
  await expect(pushAt(theirs, remote)).rejects.toMatchObject({ code: "E_TAG_CONFLICT" });
  await expect(pullAt(theirs, remote)).rejects.toMatchObject({ code: "E_TAG_CONFLICT" });
  expect(resolveVersion(theirs, "v2").id).toBe(resolveVersion(theirs, "v1").id);
});

it("fails closed where the remote is damaged or incomplete", async () => {
  const [ours, remote] = [await two(), await folderRemote()];
  await pushAt(ours, remote);
  const pack = join(remote.where, "packs", readdirSync(join(remote.where, "packs"))[0]!);
  const original = readFileSync(pack);
  const attempt = async (damage: (bytes: Buffer) => Buffer): Promise<string> => {
    writeFileSync(pack, damage(Buffer.from(original)));
    const store = storeWith({});
    const code = await pullAt(store, remote).then(
      () => "",
      (thrown: { code: string }) => thrown.code,
    );
    expect([store.catalogue.ref(MAIN), await whole(store)]).toEqual([null, []]);
    return code;
  };
  const flipped = (at: number) => (bytes: Buffer) => (bytes.writeUInt8(bytes[at]! ^ 1, at), bytes);
  expect(await attempt(flipped(20))).toBe("E_REMOTE_DAMAGED");
  expect(await attempt(flipped(original.length - 60))).toBe("E_PACK_DAMAGED");
  expect(await attempt((bytes) => bytes.subarray(0, -1))).toBe("E_PACK_DAMAGED");
  rmSync(pack);
  await expect(pullAt(storeWith({}), remote)).rejects.toMatchObject({ code: "E_REMOTE_INCOMPLETE" });
  writeFileSync(join(remote.where, REFS_FILE), "{}");
  await expect(pullAt(storeWith({}), remote)).rejects.toMatchObject({ code: "E_REMOTE_DAMAGED" });
});

it("repairs what is damaged here from there", async () => {
  const [ours, remote] = [await two(), await folderRemote()];
  await pushAt(ours, remote);
  const [first, second] = ours.catalogue.packs().map(({ name }) => packPath(ours, name));
  const bytes = readFileSync(first!);
  bytes.writeUInt8(bytes[17]! ^ 1, 17);
  writeFileSync(first!, bytes);
  truncateSync(second!, 40);
  expect(await whole(ours)).not.toEqual([]);
  expect((await pullAt(ours, remote, true)).objects).toBeGreaterThan(1);
  expect(await whole(ours)).toEqual([]);
  await checkoutAt(ours, 3, "main~1");
  expect(contentOf(ours.root)).toEqual({ "a/1.jpg": "one", "b/1.jpg": "two" });
});

it("says where there is nothing", async () => {
  await expect(pullAt(storeWith({}), await folderRemote())).rejects.toMatchObject({ code: "E_REMOTE_EMPTY" });
  await expect(pushAt(storeWith({}), await folderRemote())).rejects.toMatchObject({ code: "E_NO_VERSION" });
});

it("lets one of two swap", async () => {
  const remote = await folderRemote();
  const [a, b] = [Buffer.from("a"), Buffer.from("b")];
  expect(await remote.swap("x", a, b)).toBe(false);
  expect(await remote.swap("x", null, a)).toBe(true);
  expect(await remote.swap("x", null, b)).toBe(false);
  expect(await remote.swap("x", a, b)).toBe(true);
  expect(await remote.read("x")).toEqual(b);
  expect(readdirSync(remote.where)).toEqual(["x"]);
});

it("takes over the swap of a process that is gone, and names one that is not", async () => {
  const remote = await folderRemote();
  const lock = join(remote.where, "x.lock");
  writeFileSync(lock, '{"host":"elsewhere"}');
  await expect(remote.swap("x", null, Buffer.from("a"))).rejects.toMatchObject({ code: "E_LOCKED" });
  const { thisProcess } = await import("./lock.ts");
  writeFileSync(lock, JSON.stringify({ ...thisProcess(), started: "1" }));
  expect(await remote.swap("x", null, Buffer.from("a"))).toBe(true);
  expect(existsSync(lock)).toBe(false);
});

it("reads names as they were written, and refuses others", () => {
  const refs = { main: "1".repeat(64), tags: { b: "2".repeat(64), a: "3".repeat(64) } };
  expect(decodeRefs("there", encodeRefs(refs))).toEqual(refs);
  expect(encodeRefs({ ...refs, tags: { a: refs.tags.a, b: refs.tags.b } })).toEqual(encodeRefs(refs));
  expect(decodeRefs("there", null)).toEqual({ main: null, tags: {} });
  for (const text of [
    "",
    "null",
    '{"main":"x"}',
    '{"main":null,"tags":{"../x":"y"}}',
    '{"main":null,"tags":{"a":"y"}}',
  ])
    expect(() => decodeRefs("there", Buffer.from(text))).toThrow(/names of versions|wanted letters/);
  expect(() => decodeRefs("there", Buffer.from('{"format":2}'))).toThrow("format 2");
});
