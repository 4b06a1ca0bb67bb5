import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Entry } from "./entry.ts";
import { decodeManifestPart, decodeManifestRoot, encodeManifest, headerOf, named } from "./manifest-object.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const entry = (number: number): Entry => ({
  name: `class-${number % 3}/${number}.jpg`,
  hash: sha256(`photo ${number}`),
  sizeBytes: 10,
  role: "photo",
  label: `class-${number % 3}`,
  split: null,
  group: null,
});
const many = Array.from({ length: 3000 }, (_, number) => entry(number));

it("names bytes by their sha256", () =>
  expect(named("abc")).toEqual({
    hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-2, appendix B.1
    bytes: Buffer.from("abc"),
  }));

it("gives back what was put in, in order of names, whatever the order before", () => {
  const { root, parts } = encodeManifest(many);
  expect(encodeManifest([...many].reverse())).toEqual({ root, parts });
  const read = decodeManifestRoot(root.bytes);
  expect(read).toMatchObject({ photos: 3000, classes: 3, sizeBytes: 30_000 });
  expect(read.parts).toEqual(parts.map(({ hash }) => hash));
  const entries = parts.flatMap(({ bytes }) => decodeManifestPart(bytes));
  expect(entries).toEqual([...many].sort((a, b) => (a.name < b.name ? -1 : 1)));
});

it("shares all parts but one where one photo differs", () => {
  const before = encodeManifest(many).parts.map(({ hash }) => hash);
  expect(before.length).toBeGreaterThan(5);
  const changed = many.map((each, i) => (i === 1500 ? { ...each, label: "other" } : each));
  const after = encodeManifest(changed).parts.map(({ hash }) => hash);
  expect(after.filter((hash) => !before.includes(hash))).toHaveLength(1);
});

it("has another hash for every other name, byte, label, split or group", () => {
  const [first, ...rest] = many.slice(0, 5) as [Entry, ...Entry[]];
  const variants: Entry[] = [
    first,
    { ...first, name: "class-0/0.png" },
    { ...first, hash: sha256("other") },
    { ...first, label: null },
    { ...first, split: "test" },
    { ...first, group: "patient 1" },
  ];
  expect(new Set(variants.map((each) => encodeManifest([each, ...rest]).root.hash)).size).toBe(variants.length);
});

it("counts photos and classes, not the files with labels", () =>
  expect(headerOf([entry(1), { ...entry(2), role: "labels", label: null }])).toEqual({
    photos: 1,
    classes: 1,
    sizeBytes: 20,
  }));

it.each([
  ["", "another object"],
  ["null\n", "another object"],
  ['{"commit":1}\n', "another object"],
  ['{"manifest":2}\n', "format 2; this version reads format 1"],
  ['{"manifest":1,"photos":1,"classes":1}\n', "without its counts"],
  ['{"manifest":1,"photos":1,"classes":1,"sizeBytes":1}\nabc\n', "cut off"],
  ['{"manifest":1,"photos":1,"classes":1,"sizeBytes":1}', "cut off"],
])("refuses the root %j", (text, why) =>
  expect(() => decodeManifestRoot(Buffer.from(text))).toThrow(text === "" ? /got ""/ : why),
);

it("refuses a part that is cut off", () => {
  const { bytes } = encodeManifest(many).parts[0]!;
  expect(() => decodeManifestPart(bytes.subarray(0, -1))).toThrow("cut off");
});
