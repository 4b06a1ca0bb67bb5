import { artifactError, type HandfulError } from "../../base/errors.ts";
import { SPLITS, type Split } from "../dataset.ts";
import { escapeName, unescapeName } from "../names.ts";

/** Name of the folder that holds the versions, inside the folder of photos. */
export const STORE_FOLDER = ".handful";

/** One file of a version. */
export interface Entry {
  /** Path in the folder, "/" between folders, as `escapeName` writes it. */
  readonly name: string;
  /** sha256 of the file's bytes, in hex. */
  readonly hash: string;
  readonly sizeBytes: number;
  /** "labels": no photo, but the file that says what they show, such as metadata.csv. */
  readonly role: "photo" | "labels";
  readonly label: string | null;
  readonly split: Split | null;
  readonly group: string | null;
}

/** Whether a text is a sha256 in hex, as all objects are named. */
export const isHash = (text: unknown): text is string => typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

/** A text that sorts as the bytes of a name do. */
export const sortKey = (name: string): string =>
  /^[\x20-\x5b\x5d-\x7e]*$/.test(name) ? name : (unescapeName(name) ?? Buffer.from(name)).toString("latin1");

/** A part of a path that leads elsewhere. */
const ODD_PARTS: ReadonlySet<string> = new Set(["", ".", ".."]);

/** Whether a name stays in the folder and out of the store, and is written as `escapeName` writes it. */
export const isSafeName = (name: unknown): name is string => {
  if (typeof name !== "string") return false;
  const bytes = unescapeName(name);
  if (bytes === null || bytes.includes(0) || escapeName(bytes) !== name) return false;
  const parts = bytes.toString("latin1").split("/");
  return !parts.some((part) => ODD_PARTS.has(part)) && parts[0]!.toLowerCase() !== STORE_FOLDER;
};

/** An entry as one line of JSON: name, hash, size, and for photos label, split and group. */
export const encodeEntry = ({ name, hash, sizeBytes, role, label, split, group }: Entry): string =>
  JSON.stringify(role === "photo" ? [name, hash, sizeBytes, label, split, group] : [name, hash, sizeBytes]);

const brokenLine = (line: string): HandfulError =>
  artifactError("E_MANIFEST_DAMAGED", `a manifest holds a line that is no file: ${line.slice(0, 200)}`, {
    hint: "See handful data check.",
  });

const isText = (value: unknown): value is string | null => value === null || typeof value === "string";
const isSplit = (value: unknown): value is Split | null => value === null || SPLITS.includes(value as Split);

/**
 * Reads `encodeEntry` back; manifests come from other machines too, so nothing in them is trusted.
 *
 * @throws E_MANIFEST_DAMAGED also where the name leads out of the folder
 */
export const decodeEntry = (line: string): Entry => {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw brokenLine(line);
  }
  if (!Array.isArray(row) || (row.length !== 3 && row.length !== 6)) throw brokenLine(line);
  const [name, hash, sizeBytes, label = null, split = null, group = null] = row as unknown[];
  if (!isSafeName(name) || !isHash(hash) || !Number.isSafeInteger(sizeBytes) || Number(sizeBytes) < 0)
    throw brokenLine(line);
  if (!isText(label) || !isText(group) || !isSplit(split)) throw brokenLine(line);
  return { name, hash, sizeBytes: Number(sizeBytes), role: row.length === 6 ? "photo" : "labels", label, split, group };
};
