import { expect, it } from "vitest";
import { escapeName } from "../names.ts";
import { decodeEntry, encodeEntry, isHash, isSafeName, sortKey, type Entry } from "./entry.ts";

const hash = "ab".repeat(32);
const photo: Entry = {
  name: "bolt/1.jpg",
  hash,
  sizeBytes: 7,
  role: "photo",
  label: "bolt",
  split: "train",
  group: null,
};

it("writes an entry as a line and reads it back", () => {
  expect(encodeEntry(photo)).toBe(`["bolt/1.jpg","${hash}",7,"bolt","train",null]`);
  expect(decodeEntry(encodeEntry(photo))).toEqual(photo);
  const labels: Entry = { ...photo, name: "metadata.csv", role: "labels", label: null, split: null };
  expect(decodeEntry(encodeEntry(labels))).toEqual(labels);
});

it.each([
  "not json",
  "{}",
  `["a.jpg","${hash}"]`,
  `["../a.jpg","${hash}",1]`,
  `["/a.jpg","${hash}",1]`,
  `["a//b.jpg","${hash}",1]`,
  `[".handful/store.json","${hash}",1]`,
  `[".HANDFUL/store.json","${hash}",1]`,
  `["a\\u0000.jpg","${hash}",1]`,
  `["a.jpg","${hash.slice(1)}",1]`,
  `["a.jpg","${hash}",-1]`,
  `["a.jpg","${hash}",1,"bolt","sometimes",null]`,
  `["a.jpg","${hash}",1,3,null,null]`,
])("refuses %s", (line) => expect(() => decodeEntry(line)).toThrow(/a line that is no file/));

it("sorts by the bytes of names, whatever they are", () => {
  const bytes = [
    Buffer.from("z.jpg"),
    Buffer.from([0x61, 0xff]),
    Buffer.from("a\\b"),
    Buffer.from("é"),
    Buffer.from("a\nb"),
  ];
  const names = bytes.map(escapeName);
  const sorted = [...names].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  expect(sorted).toEqual([...bytes].sort(Buffer.compare).map(escapeName));
});

it("knows safe names and hashes", () => {
  expect(isSafeName("a b/ü/x.jpg")).toBe(true);
  expect(isSafeName(escapeName(Buffer.from([0x61, 0xff])))).toBe(true);
  expect(isSafeName("a\\q")).toBe(false); // no escape of ours
  expect([isHash(hash), isHash(hash.toUpperCase()), isHash(3)]).toEqual([true, false, false]);
});
