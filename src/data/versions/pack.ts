import { hash } from "node:crypto";
import { artifactError, type HandfulError } from "../../base/errors.ts";
import { isHash } from "./entry.ts";

/**
 * A pack is many objects in one file, written once: a head, the objects' bytes one behind the other, then an index
 * (a line an object) and its length. Its name is the sha256 of the index, which holds the sha256 of every object: no
 * byte of it can change unnoticed. Files of several MB are alone in theirs.
 */
export const PACK_HEAD = Buffer.from("HANDFUL-PACK-1\n");
const PACK_END = Buffer.from("\nHANDFUL-PACK-END\n");
const LENGTH_BYTES = 8;

/** Bytes behind the index. */
export const FOOTER_BYTES = LENGTH_BYTES + PACK_END.length;
/** Bytes after which a pack is closed. */
export const PACK_BYTES = 64 * 2 ** 20;

/** file: of the folder; part and manifest: see manifest-object.ts; commit: see commit-object.ts. */
export const OBJECT_TYPES = ["file", "part", "manifest", "commit"] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

export interface PackedObject {
  readonly type: ObjectType;
  readonly hash: string;
  /** Bytes from the beginning of the pack. */
  readonly offset: number;
  readonly length: number;
}

/** What stands behind the objects, and the name of the pack. */
export const encodePackEnd = (objects: readonly PackedObject[]): { name: string; bytes: Buffer } => {
  const index = Buffer.from(objects.map(({ type, hash, length }) => `${type} ${hash} ${length}\n`).join(""));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64BE(BigInt(index.length));
  return { name: hash("sha256", index, "hex"), bytes: Buffer.concat([index, length, PACK_END]) };
};

/** An object with its bytes. */
export interface LoadedObject {
  readonly type: ObjectType;
  readonly hash: string;
  readonly bytes: Buffer;
}

/** A whole pack in memory, with its name. */
export const encodePack = (contents: readonly LoadedObject[]): { name: string; bytes: Buffer } => {
  let offset = PACK_HEAD.length;
  const objects = contents.map(({ type, hash, bytes }) => {
    const object = { type, hash, offset, length: bytes.length };
    offset += bytes.length;
    return object;
  });
  const end = encodePackEnd(objects);
  return { name: end.name, bytes: Buffer.concat([PACK_HEAD, ...contents.map(({ bytes }) => bytes), end.bytes]) };
};

export const packError = (name: string, got: string): HandfulError =>
  artifactError("E_PACK_DAMAGED", `pack ${name}: ${got}`, {
    hint: "handful data check names what is lost; handful data pull --repair brings it back from where it was pushed to.",
  });

/**
 * Length of the index, from the last bytes of a pack.
 *
 * @throws E_PACK_DAMAGED
 */
export const indexLength = (name: string, footer: Buffer): number => {
  if (footer.length !== FOOTER_BYTES || !footer.subarray(LENGTH_BYTES).equals(PACK_END))
    throw packError(name, "wanted the end of a pack, got something else: it is cut off or damaged");
  return Number(footer.readBigUInt64BE());
};

/**
 * The objects of a pack, from the bytes of its index.
 *
 * @throws E_PACK_DAMAGED where they do not hash to the pack's name, or are no index
 */
export const decodePackIndex = (name: string, index: Buffer): PackedObject[] => {
  if (hash("sha256", index, "hex") !== name) throw packError(name, "its index is damaged");
  let offset = PACK_HEAD.length;
  const lines = index.toString("latin1").split("\n");
  lines.pop();
  return lines.map((line) => {
    const [type, hash, lengthText] = line.split(" ");
    const length = Number(lengthText);
    if (!OBJECT_TYPES.includes(type as ObjectType) || !isHash(hash) || !Number.isSafeInteger(length) || length < 0)
      throw packError(name, `its index has a line "${line.slice(0, 100)}"`);
    const object = { type: type as ObjectType, hash, offset, length };
    offset += length;
    return object;
  });
};
