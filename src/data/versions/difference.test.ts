import { expect, it } from "vitest";
import { countKinds, differenceOf, kindsOf, type Change } from "./difference.ts";
import type { Entry } from "./entry.ts";

const entry = (name: string, bytes: string, more: Partial<Entry> = {}): Entry => ({
  name,
  hash: bytes,
  sizeBytes: 1,
  role: "photo",
  label: name.includes("/") ? name.split("/")[0]! : null,
  split: null,
  group: null,
  ...more,
});

/** Changes as lines: "bolt/1.jpg > nut/1.jpg relabelled". */
const lines = (changes: readonly Change[]): string[] =>
  changes.map((change) => `${change.from?.name ?? ""} > ${change.to?.name ?? ""} ${kindsOf(change).join("+")}`);

it("finds nothing between equals", () => expect(differenceOf([entry("a/1", "x")], [entry("a/1", "x")])).toEqual([]));

it("tells what became of every photo", () => {
  const before = [
    entry("bolt/1", "one"),
    entry("bolt/2", "two"),
    entry("bolt/3", "three"),
    entry("nut/1", "four"),
    entry("nut/2", "five"),
    entry("nut/3", "six"),
    entry("metadata.csv", "labels", { role: "labels" }),
  ];
  const after = [
    entry("nut/9", "one"), // moved to another class
    entry("bolt/two", "two"), // renamed
    entry("bolt/3", "other bytes"),
    entry("nut/1", "four", { split: "test" }),
    entry("nut/2", "five", { group: "part 7", label: "rivet" }),
    entry("nut/new", "seven"),
    entry("metadata.csv", "other labels", { role: "labels" }),
  ];
  const changes = differenceOf(before, after);
  expect(lines(changes)).toEqual([
    "bolt/3 > bolt/3 changed",
    "bolt/2 > bolt/two renamed",
    "metadata.csv > metadata.csv labels",
    "nut/1 > nut/1 resplit",
    "nut/2 > nut/2 relabelled+regrouped",
    "nut/3 >  removed",
    "bolt/1 > nut/9 relabelled",
    " > nut/new added",
  ]);
  expect(countKinds(changes)).toEqual({
    added: 1,
    removed: 1,
    changed: 1,
    relabelled: 2,
    resplit: 1,
    regrouped: 1,
    renamed: 1,
    labels: 1,
  });
});

it("takes of several copies the one of the same name, and each but once", () => {
  const before = [entry("a/1", "same"), entry("a/2", "same"), entry("a/3", "same")];
  const after = [entry("b/2", "same"), entry("b/4", "same"), entry("b/5", "same"), entry("b/6", "same")];
  const changes = differenceOf(before, after);
  expect(changes.find(({ to }) => to?.name === "b/2")?.from?.name).toBe("a/2");
  expect(changes.filter(({ from }) => from === null)).toHaveLength(1);
  expect(new Set(changes.map(({ from }) => from?.name)).size).toBe(4);
});

it("never takes a photo for the file with the labels", () => {
  const changes = differenceOf([entry("metadata.csv", "x", { role: "labels" })], [entry("a/1", "x")]);
  expect(lines(changes)).toEqual([" > a/1 added", "metadata.csv >  labels"]);
});
