import { hash as digest } from "node:crypto";
import { existsSync } from "node:fs";
import { artifactError, type HandfulError } from "../../base/errors.ts";
import type { Location } from "./catalogue.ts";
import { decodePackIndex, FOOTER_BYTES, indexLength, type LoadedObject, type PackedObject } from "./pack.ts";
import { openPackFile } from "./read-pack.ts";
import type { Remote } from "./remote.ts";
import { packPath, type Store } from "./store.ts";

const FOLDER = "packs";
/** Bytes read at first from the end of a pack: the index of a pack of some 700 objects. */
const TAIL_BYTES = 2 ** 16;
/** Bytes that are read along rather than asking twice. */
const GAP_BYTES = 2 ** 16;
/** Most bytes asked for at once. */
const RANGE_BYTES = 2 ** 26;

export const packFile = (name: string): string => `${FOLDER}/${name}.pack`;

const cutOff = (remote: Remote, name: string): HandfulError =>
  artifactError("E_REMOTE_DAMAGED", `${remote.where}/${packFile(name)} is cut off, or was changed`, {
    hint: "Push again from where all is whole.",
  });

/** The objects of a pack here, if there is one of that name: the name stands for all of them. */
const localIndex = (store: Store, name: string): PackedObject[] | null => {
  const path = packPath(store, name);
  if (!existsSync(path)) return null;
  const pack = openPackFile(path, name);
  try {
    return pack.objects();
  } finally {
    pack.close();
  }
};

/** The objects of a pack there, from its end. */
const remoteIndex = async (remote: Remote, name: string, sizeBytes: number): Promise<PackedObject[]> => {
  const readEnd = async (length: number): Promise<Buffer> => {
    const part = { offset: sizeBytes - length, length };
    const bytes = await remote.read(packFile(name), part);
    if (bytes?.length !== length) throw cutOff(remote, name);
    return bytes;
  };
  let end = await readEnd(Math.min(sizeBytes, TAIL_BYTES));
  const length = indexLength(name, end.subarray(-FOOTER_BYTES)) + FOOTER_BYTES;
  if (length > sizeBytes) throw cutOff(remote, name);
  if (length > end.length) end = await readEnd(length);
  return decodePackIndex(name, end.subarray(end.length - length, end.length - FOOTER_BYTES));
};

/** Every object that a remote has, and where; packs that are there by the same name here are not asked for theirs. */
export const remoteObjects = async (store: Store, remote: Remote): Promise<Map<string, Location>> => {
  const found = new Map<string, Location>();
  for (const { name: file, sizeBytes } of await remote.list(FOLDER)) {
    const name = /^([0-9a-f]{64})\.pack$/.exec(file)?.[1];
    if (name === undefined) continue; // left by a push that was cut off
    for (const object of localIndex(store, name) ?? (await remoteIndex(remote, name, sizeBytes)))
      found.set(object.hash, { ...object, pack: name });
  }
  return found;
};

/** Locations in one pack, close enough to be read at once. */
const rangesOf = (locations: readonly Location[]): Location[][] => {
  const sorted = [...locations].sort((a, b) => (a.pack < b.pack ? -1 : a.pack > b.pack ? 1 : a.offset - b.offset));
  const ranges: Location[][] = [];
  for (const location of sorted) {
    const range = ranges.at(-1);
    const [first, last] = [range?.[0], range?.at(-1)];
    const near =
      first?.pack === location.pack &&
      location.offset - (last!.offset + last!.length) <= GAP_BYTES &&
      location.offset + location.length - first.offset <= RANGE_BYTES;
    if (near) range!.push(location);
    else ranges.push([location]);
  }
  return ranges;
};

/**
 * Fetches objects, in as few requests as their places allow; each is checked against its hash.
 *
 * @throws E_REMOTE_DAMAGED
 */
export async function* fetchObjects(remote: Remote, locations: readonly Location[]): AsyncGenerator<LoadedObject> {
  for (const range of rangesOf(locations)) {
    const [first, last] = [range[0]!, range.at(-1)!];
    const length = last.offset + last.length - first.offset;
    const bytes = await remote.read(packFile(first.pack), { offset: first.offset, length });
    for (const object of range) {
      const at = object.offset - first.offset;
      const own = bytes?.subarray(at, at + object.length) ?? Buffer.alloc(0);
      if (digest("sha256", own, "hex") !== object.hash) throw cutOff(remote, first.pack);
      yield { type: object.type, hash: object.hash, bytes: own };
    }
  }
}
