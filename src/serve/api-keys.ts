import { createHash, timingSafeEqual } from "node:crypto";
import { optionError } from "../base/errors.ts";

/** What a key may do: ask models, read metrics, load and unload models. */
export const scopes = ["classify", "metrics", "admin"] as const;
export type Scope = (typeof scopes)[number];

export interface ApiKey {
  /** For the log; the key itself is known to nobody here. */
  readonly name: string;
  /** sha256 of the key, 32 bytes. */
  readonly digest: Buffer;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970 from which on it no longer opens anything; null: never. */
  readonly expiresAt: number | null;
}

/** What a key that states none may do. */
const DEFAULT_SCOPES: readonly Scope[] = ["classify", "metrics"];

const isScope = (text: string): text is Scope => (scopes as readonly string[]).includes(text);

const readLine = (line: string, where: string): ApiKey => {
  const [hash = "", ...fields] = line.split(/\s+/);
  if (!/^[0-9a-f]{64}$/i.test(hash))
    throw optionError(`${where}: wanted the sha256 of a key (64 hexadecimal digits), got something else`, {
      hint: 'Make one with: printf %s "$KEY" | sha256sum',
    });
  let [name, own, expiresAt]: [string, readonly Scope[], number | null] = [
    `key-${hash.slice(0, 8)}`,
    DEFAULT_SCOPES,
    null,
  ];
  for (const field of fields) {
    const [key = "", value = ""] = field.split("=", 2);
    if (key === "name" && /^[\w.-]{1,64}$/.test(value)) name = value;
    else if (key === "scopes" && value.split(",").every(isScope)) own = value.split(",").filter(isScope);
    else if (key === "expires" && Number.isFinite(Date.parse(value))) expiresAt = Date.parse(value);
    else
      throw optionError(`${where}: "${field}" is not understood`, {
        hint: `A line is: <sha256> name=<word> scopes=${scopes.join(",")} expires=2027-01-31`,
      });
  }
  return { name, digest: Buffer.from(hash, "hex"), scopes: own, expiresAt };
};

/**
 * Reads a file of keys: a line a key, `<sha256 of the key> [name=<word>] [scopes=classify,metrics,admin]
 * [expires=<date>]`; empty lines and those beginning with # are skipped.
 *
 * @param where  the file's name, for messages; no message repeats a line's first word
 * @throws optionError naming the line
 */
export const parseApiKeys = (text: string, where: string): ApiKey[] => {
  const keys = text.split(/\r?\n/).flatMap((raw, i) => {
    const line = raw.trim();
    return line === "" || line.startsWith("#") ? [] : [readLine(line, `${where}, line ${i + 1}`)];
  });
  if (keys.length === 0)
    throw optionError(`${where}: wanted at least one key, got none`, {
      hint: "Add a line with the sha256 of a key, or leave --api-key-file out.",
    });
  return keys;
};

/** The key that a text is, or null. Always compares with every key, in a time that tells nothing of where they differ. */
export const matchKey = (keys: readonly ApiKey[], text: string): ApiKey | null => {
  const digest = createHash("sha256").update(text).digest();
  let found: ApiKey | null = null;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
};
