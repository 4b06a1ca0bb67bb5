import { isAbsolute, join } from "node:path";
import { optionError } from "../base/errors.ts";

/** One file of one version of a hub repository. */
export interface HubFile {
  /** `owner/name`, or a bare name. */
  readonly repo: string;
  /** Branch, tag or, best, the full commit hash. */
  readonly revision: string;
  /** Path inside the repository, with `/`. */
  readonly path: string;
}

/** Whether a revision is a full commit hash, whose files never change. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

const plainPath = (path: string): boolean =>
  path !== "" &&
  !isAbsolute(path) &&
  !/[\\:*?"<>|\p{Cc}]/u.test(path) &&
  path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/** @throws optionError where a name could lead out of the cache folder */
export const checkHubFile = ({ repo, revision, path }: HubFile): void => {
  const wrong = (field: string, wanted: string, got: string) =>
    optionError(`hub file: ${field}: wanted ${wanted}, got "${got}"`);
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(repo) || !plainPath(repo) || repo.includes("--"))
    throw wrong("repo", '"owner/name"', repo);
  if (!plainPath(revision)) throw wrong("revision", "a branch, a tag or a commit hash", revision);
  if (!plainPath(path)) throw wrong("path", "a relative path inside the repository", path);
};

/** Address of a file: `<endpoint>/<repo>/resolve/<revision>/<path>`. */
export const hubUrl = (endpoint: string, { repo, revision, path }: HubFile): string =>
  `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path.split("/").map(encodeURIComponent).join("/")}`;

/** Folder of a repository in the cache: `models--owner--name`. */
export const repoFolder = (cacheDir: string, repo: string): string =>
  join(cacheDir, `models--${repo.replaceAll("/", "--")}`);

/** Where the contents of a file lie, named by its entity tag. */
export const blobPath = (cacheDir: string, repo: string, etag: string): string =>
  join(repoFolder(cacheDir, repo), "blobs", etag);

/** Where a file of one commit is seen: a link to its blob. */
export const snapshotPath = (cacheDir: string, repo: string, commit: string, path: string): string =>
  join(repoFolder(cacheDir, repo), "snapshots", commit, ...path.split("/"));

/** The file that holds the commit a branch or tag was last seen at. */
export const refPath = (cacheDir: string, repo: string, revision: string): string =>
  join(repoFolder(cacheDir, repo), "refs", ...revision.split("/"));
