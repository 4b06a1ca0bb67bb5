import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderWith, storeWith } from "../../../test/fixtures/versions.ts";
import { decodePackIndex, encodePack, encodePackEnd, FOOTER_BYTES, indexLength } from "./pack.ts";
import { createPackWriter, LARGE_BYTES, type FinishedPack } from "./pack-writer.ts";
import { openPackFile } from "./read-pack.ts";
import { packPath } from "./store.ts";

const sha256 = (bytes: Buffer): string => hash("sha256", bytes, "hex");

const packOf = (contents: readonly Buffer[]): { name: string; bytes: Buffer } =>
  encodePack(contents.map((bytes) => ({ type: "file", hash: sha256(bytes), bytes })));

const contents = [Buffer.from("first"), Buffer.alloc(0), Buffer.from("third object")];
const sample = packOf(contents);

it("says what is in a pack, from its end", () => {
  const { name, bytes } = sample;
  const length = indexLength(name, bytes.subarray(-FOOTER_BYTES));
  const index = bytes.subarray(bytes.length - FOOTER_BYTES - length, bytes.length - FOOTER_BYTES);
  const objects = decodePackIndex(name, index);
  expect(objects.map(({ type, hash }) => [type, hash])).toEqual(contents.map((each) => ["file", sha256(each)]));
  expect(objects.map(({ offset, length }) => bytes.subarray(offset, offset + length))).toEqual(contents);
  expect(encodePackEnd(objects)).toEqual({ name, bytes: bytes.subarray(-FOOTER_BYTES - length) });
  expect(() => decodePackIndex(name, index.subarray(1))).toThrow("its index is damaged");
  const odd = Buffer.from("file abc 3\n");
  expect(() => decodePackIndex(sha256(odd), odd)).toThrow('a line "file abc 3"');
});

it("notices every byte that changed, in the objects or around them", () => {
  const folder = folderWith({});
  const path = join(folder, "pack");
  const isWhole = (): boolean => {
    const pack = openPackFile(path, sample.name);
    try {
      return pack.objects().every((object) => sha256(pack.read(object)) === object.hash);
    } catch {
      return false;
    } finally {
      pack.close();
    }
  };
  writeFileSync(path, sample.bytes);
  expect(isWhole()).toBe(true);
  for (let at = 0; at < sample.bytes.length; at++) {
    const damaged = Buffer.from(sample.bytes);
    damaged[at]! ^= 1;
    writeFileSync(path, damaged);
    expect(isWhole(), `byte ${at}`).toBe(false);
  }
  for (let length = 0; length < sample.bytes.length; length++) {
    writeFileSync(path, sample.bytes.subarray(0, length));
    expect(isWhole(), `cut to ${length}`).toBe(false);
  }
  writeFileSync(path, Buffer.concat([sample.bytes, Buffer.from("x")]));
  expect(isWhole()).toBe(false);
});

it("gathers small objects in one pack and leaves large ones alone", () => {
  const store = storeWith({});
  const packs: FinishedPack[] = [];
  const writer = createPackWriter(store, (pack) => void packs.push(pack));
  const large = Buffer.alloc(LARGE_BYTES, 7);
  const contents = [Buffer.from("one"), large, Buffer.from("two")];
  for (const bytes of contents) writer.add("file", sha256(bytes), bytes);
  expect(writer.has(sha256(contents[0]!))).toBe(true);
  expect(writer.has(sha256(Buffer.from("three")))).toBe(false);
  writer.finish();
  expect(packs.map(({ objects }) => objects.length)).toEqual([1, 2]);
  const { name, bytes } = packOf([contents[0]!, contents[2]!]);
  expect(packs[1]!.name).toBe(name);
  expect(readFileSync(packPath(store, name))).toEqual(bytes);
  const alone = openPackFile(packPath(store, packs[0]!.name), packs[0]!.name);
  expect(alone.read(packs[0]!.objects[0]!).equals(large)).toBe(true);
  alone.close();
});
