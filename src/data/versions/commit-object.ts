import { artifactError } from "../../base/errors.ts";
import { isHash } from "./entry.ts";
import { named, type NamedBytes } from "./manifest-object.ts";

/** One step of the history. */
export interface Commit {
  /** Hash of the manifest: what the folder held. */
  readonly version: string;
  /** Hashes of the commits it follows: none, one, or two where another line of history was taken in. */
  readonly parents: readonly string[];
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly message: string;
}

const FORMAT = 1;

export const encodeCommit = ({ version, parents, time, message }: Commit): NamedBytes =>
  named(`${JSON.stringify({ commit: FORMAT, version, parents, time, message })}\n`);

/** @throws E_COMMIT_DAMAGED where the bytes are no commit, or one of another format */
export const decodeCommit = (bytes: Buffer): Commit => {
  const broken = (got: string) =>
    artifactError("E_COMMIT_DAMAGED", `wanted a commit, got ${got}`, { hint: "See handful data check." });
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw broken("something else");
  }
  if (typeof value !== "object" || value === null || !("commit" in value)) throw broken("another object");
  const { commit, version, parents, time, message } = value as Record<string, unknown>;
  if (commit !== FORMAT) throw broken(`format ${String(commit)}; this version reads format ${FORMAT}`);
  if (!isHash(version) || !Array.isArray(parents) || !parents.every(isHash)) throw broken("one without its version");
  if (typeof time !== "string" || typeof message !== "string") throw broken("one without time and message");
  return { version, parents, time, message };
};
