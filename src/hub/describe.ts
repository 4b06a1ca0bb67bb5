import { HubFault } from "./faults.ts";
import { hubUrl, isCommit, type HubFile } from "./layout.ts";
import { request, type Answer } from "./request.ts";
import type { HubSettings } from "./settings.ts";

/** What the hub says of a file before sending it. */
export interface HubFileFacts {
  /** Full hash of the commit the revision stands for. */
  readonly commit: string;
  /** Names the contents; the SHA-256 for files under LFS or Xet. */
  readonly etag: string;
  readonly sizeBytes: number | null;
}

const plainEtag = (text: string | null): string | null =>
  text
    ?.trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1") ?? null;

const sizeOf = (text: string | null): number | null => (text !== null && /^\d+$/.test(text) ? Number(text) : null);

/** Whether an answer is a page for people and not a file: a login, a captive portal, a proxy's apology. */
export const isWebPage = (response: Response, path: string): boolean =>
  /^text\/html\b/i.test(response.headers.get("content-type") ?? "") && !/\.html?$/i.test(path);

/** A web page came where a file was wanted. */
export const webPageFault = (host: string): HubFault =>
  new HubFault(
    "web-page",
    `${host} answers with a web page instead of the file (a login page, or a proxy in between?)`,
  );

/**
 * Asks the hub which commit, contents and size a file has, without fetching it.
 *
 * Large files are redirected to a storage host; the hub's own `X-Repo-Commit`, `X-Linked-Etag` and `X-Linked-Size`
 * count before what that host says.
 *
 * @throws HubFault also when the answer is not a hub's
 */
export const describeFile = async (
  file: HubFile,
  settings: HubSettings,
  signal: AbortSignal,
): Promise<HubFileFacts> => {
  const url = hubUrl(settings.endpoint, file);
  const { host } = new URL(url);
  const named = (header: Answer["header"]): boolean =>
    header("x-linked-etag") !== null && header("x-linked-size") !== null;
  const { response, header } = await request(url, { method: "HEAD", token: settings.token, signal }, named);
  const redirected = response.status >= 300 && response.status < 400;
  const commit = isCommit(file.revision) ? file.revision : header("x-repo-commit");
  const etag = plainEtag(header("x-linked-etag") ?? (redirected ? null : response.headers.get("etag")));
  if (header("x-repo-commit") === null && isWebPage(response, file.path)) throw webPageFault(host);
  if (commit === null || !isCommit(commit))
    throw new HubFault("unexpected", `${host} names no commit, so it is no hub`);
  if (etag === null || !/^[\w-][\w.-]{0,127}$/.test(etag))
    throw new HubFault("unexpected", `${host} names no usable ETag, so it is no hub`);
  return {
    commit,
    etag,
    sizeBytes: sizeOf(header("x-linked-size") ?? (redirected ? null : response.headers.get("content-length"))),
  };
};
