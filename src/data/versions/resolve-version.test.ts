import { expect, it } from "vitest";
import { checkoutAt, commitAt, lockAt, put, storeWith } from "../../../test/fixtures/versions.ts";
import { follows, historyOf, MAIN, readManifestRoot, tagOf, tagRef } from "./history.ts";
import { resolveVersion } from "./resolve-version.ts";
import type { Store } from "./store.ts";
import { checkTag, listTags, moveTag } from "./tags.ts";

/** A store with three versions, and their commits, oldest first. */
const three = async (): Promise<{ store: Store; commits: string[]; versions: string[] }> => {
  const store = storeWith({ "a/1.jpg": "one" });
  const done = [await commitAt(store, 0)];
  for (const hours of [1, 2]) {
    put(store.root, { [`a/${hours + 1}.jpg`]: `photo ${hours}` });
    done.push(await commitAt(store, hours));
  }
  return { store, commits: done.map(({ commit }) => commit!), versions: done.map(({ version }) => version) };
};

it("finds a version by name, tag, digits of version or commit, and steps back", async () => {
  const { store, commits, versions } = await three();
  await moveTag(store, "v2", resolveVersion(store, "main~1"), lockAt(3));
  await checkoutAt(store, 4, "main~2");
  const [first, second, third] = commits;
  const found = (text: string): string => resolveVersion(store, text).id;
  expect(["main", "head", "v2", "main~0", "main~1", "v2~1"].map(found)).toEqual([
    third,
    first,
    second,
    third,
    second,
    first,
  ]);
  for (const [i, commit] of commits.entries()) {
    expect(found(commit)).toBe(commit);
    expect(found(versions[i]!.slice(0, 12))).toBe(commit);
  }
  expect(found(`${third!.slice(0, 16)}~2`)).toBe(first);
});

it("says what there is where a name fits nothing or too much", async () => {
  const { store, commits } = await three();
  await moveTag(store, "good", resolveVersion(store, "main"), lockAt(3));
  expect(() => resolveVersion(store, "god")).toThrow('unknown version "god"; known: head, main, good');
  expect(() => resolveVersion(store, "abc")).toThrow("unknown version");
  expect(() => resolveVersion(store, "main~3")).toThrow("history begins 1 before");
  const made = ["0", "1"].map((digit) => `${commits[0]!.slice(0, 10)}${digit.repeat(54)}`);
  const objects = made.map((hash, i) => ({ type: "commit" as const, hash, offset: i, length: 1 }));
  store.catalogue.addPack({ name: "made", sizeBytes: 2, created: 0 }, objects);
  expect(() => resolveVersion(store, commits[0]!.slice(0, 8))).toThrow("wanted one version, got 3");
  expect(resolveVersion(store, commits[0]!.slice(0, 20)).id).toBe(commits[0]);
});

it("walks history newest first, children before parents whatever the clock said", async () => {
  const { store, commits } = await three();
  put(store.root, { "a/9.jpg": "from an earlier clock" });
  const early = await commitAt(store, -50);
  expect(historyOf(store, [early.commit!]).map(({ id }) => id)).toEqual([early.commit, ...commits.toReversed()]);
  expect(follows(store, early.commit!, commits[0]!)).toBe(true);
  expect(follows(store, commits[0]!, early.commit!)).toBe(false);
  expect(readManifestRoot(store, early.version).photos).toBe(4);
});

it("names, lists and takes away tags", async () => {
  const { store, commits } = await three();
  const main = resolveVersion(store, MAIN);
  await moveTag(store, "v1", main, lockAt(3));
  await moveTag(store, "v1", main, lockAt(3)); // again: nothing to do
  await expect(moveTag(store, "v1", resolveVersion(store, "main~1"), lockAt(3))).rejects.toThrow(
    "names another version",
  );
  expect(listTags(store).map(({ tag, step }) => [tag, step.id])).toEqual([["v1", commits[2]]]);
  await moveTag(store, "v1", null, lockAt(3));
  expect(listTags(store)).toEqual([]);
  await expect(moveTag(store, "v1", null, lockAt(3))).rejects.toThrow('no tag "v1"');
  expect([tagOf(tagRef("x")), tagOf(MAIN)]).toEqual(["x", null]);
});

it.each(["", "main", "HEAD", "deadbeef", "a/b", "-x", "a b", ".x", "x".repeat(101)])("refuses the tag %j", (tag) =>
  expect(() => checkTag(tag)).toThrow("wanted letters"),
);
