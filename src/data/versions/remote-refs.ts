import { artifactError, type HandfulError } from "../../base/errors.ts";
import { isHash } from "./entry.ts";
import { checkTag } from "./tags.ts";

/** Name of the file with the names of a remote. */
export const REFS_FILE = "refs.json";
const FORMAT = 1;

/** What the names of a remote mean: hashes of commits. */
export interface RemoteRefs {
  readonly main: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

export const encodeRefs = ({ main, tags }: RemoteRefs): Buffer => {
  const sorted = Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Buffer.from(`${JSON.stringify({ format: FORMAT, main, tags: sorted })}\n`);
};

/** @throws E_REMOTE_DAMAGED, E_STORE_NEWER */
export const decodeRefs = (where: string, bytes: Buffer | null): RemoteRefs => {
  if (bytes === null) return { main: null, tags: {} };
  const damaged = (): HandfulError =>
    artifactError("E_REMOTE_DAMAGED", `${where}/${REFS_FILE}: wanted the names of versions, got something else`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw damaged();
  }
  if (typeof value !== "object" || value === null) throw damaged();
  const { format, main, tags } = value as Record<string, unknown>;
  if (typeof format === "number" && format > FORMAT)
    throw artifactError("E_STORE_NEWER", `${where}: format ${format}; this version reads format ${FORMAT}`, {
      hint: "Use the newer version of Handful.",
    });
  if ((main !== null && !isHash(main)) || typeof tags !== "object" || tags === null) throw damaged();
  const named = Object.entries(tags as Record<string, unknown>);
  for (const [tag, commit] of named) {
    checkTag(tag);
    if (!isHash(commit)) throw damaged();
  }
  return { main, tags: Object.fromEntries(named) as Record<string, string> };
};
