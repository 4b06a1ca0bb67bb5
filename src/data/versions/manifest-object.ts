import { hash } from "node:crypto";
import { artifactError, type HandfulError } from "../../base/errors.ts";
import { decodeEntry, encodeEntry, isHash, sortKey, type Entry } from "./entry.ts";

/** Bytes with the sha256 that names them. */
export interface NamedBytes {
  readonly hash: string;
  readonly bytes: Buffer;
}

/** What a manifest says before its parts. */
export interface ManifestHeader {
  readonly photos: number;
  readonly classes: number;
  readonly sizeBytes: number;
}

/** A manifest whose entries are still to be read from its parts. */
export interface ManifestRoot extends ManifestHeader {
  /** sha256 of each part, in order. */
  readonly parts: readonly string[];
}

export const named = (text: string): NamedBytes => {
  const bytes = Buffer.from(text);
  return { hash: hash("sha256", bytes, "hex"), bytes };
};

const FORMAT = 1;
/** A part ends after an entry whose hash begins so: every 256th on average. */
const PART_ENDS = "00";

const byName = (entries: readonly Entry[]): Entry[] =>
  entries
    .map((entry) => ({ entry, key: sortKey(entry.name) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ entry }) => entry);

/** Facts on a set of entries: label files count by size alone. */
export const headerOf = (entries: readonly Entry[]): ManifestHeader => {
  const photos = entries.filter(({ role }) => role === "photo");
  return {
    photos: photos.length,
    classes: new Set(photos.flatMap(({ label }) => label ?? [])).size,
    sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
  };
};

/**
 * A version as bytes: a root that names parts, each some 256 entries in order of the bytes of their names.
 *
 * Where a part ends depends on the entries alone, so a version that differs in one photo shares all other parts with
 * the one before. The hash of the root names the version: it stands for every name, byte, label, split and group.
 */
export const encodeManifest = (entries: readonly Entry[]): { root: NamedBytes; parts: NamedBytes[] } => {
  const parts: NamedBytes[] = [];
  let lines: string[] = [];
  const end = (): void => {
    if (lines.length > 0) parts.push(named(`${lines.join("\n")}\n`));
    lines = [];
  };
  for (const entry of byName(entries)) {
    lines.push(encodeEntry(entry));
    if (entry.hash.startsWith(PART_ENDS)) end();
  }
  end();
  const header = JSON.stringify({ manifest: FORMAT, ...headerOf(entries) });
  return { root: named([header, ...parts.map((part) => part.hash), ""].join("\n")), parts };
};

const broken = (what: string): HandfulError =>
  artifactError("E_MANIFEST_DAMAGED", `wanted a manifest, got ${what}`, { hint: "See handful data check." });

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** @throws E_MANIFEST_DAMAGED where the bytes are no manifest, or one of another format */
export const decodeManifestRoot = (bytes: Buffer): ManifestRoot => {
  const [first = "", ...lines] = bytes.toString("utf8").split("\n");
  let header: unknown;
  try {
    header = JSON.parse(first);
  } catch {
    throw broken(`"${first.slice(0, 60)}"`);
  }
  if (typeof header !== "object" || header === null || !("manifest" in header)) throw broken("another object");
  const { manifest, photos, classes, sizeBytes } = header as Record<string, unknown>;
  if (manifest !== FORMAT) throw broken(`format ${String(manifest)}; this version reads format ${FORMAT}`);
  if (!isCount(photos) || !isCount(classes) || !isCount(sizeBytes)) throw broken("one without its counts");
  if (lines.pop() !== "" || !lines.every(isHash)) throw broken("one that is cut off");
  return { photos, classes, sizeBytes, parts: lines };
};

/** @throws E_MANIFEST_DAMAGED */
export const decodeManifestPart = (bytes: Buffer): Entry[] => {
  const lines = bytes.toString("utf8").split("\n");
  if (lines.pop() !== "") throw broken("a part that is cut off");
  return lines.map(decodeEntry);
};
