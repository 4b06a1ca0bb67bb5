import type { FileHandle } from "node:fs/promises";
import { artifactError, HandfulError } from "../base/errors.ts";
import { fileSha256 } from "./cache.ts";
import { isWebPage, webPageFault } from "./describe.ts";
import { HubFault } from "./faults.ts";
import { openPartial, type Partial } from "./partial.ts";
import { networkFault, request, type Answer } from "./request.ts";
import { retrying } from "./retry.ts";
import { withStall } from "./stall.ts";

/** One blob to fetch, and how. */
export interface BlobJob {
  readonly url: string;
  /** Path inside the repository, for messages and to tell pages from files. */
  readonly path: string;
  /** Where the finished blob goes. */
  readonly blob: string;
  readonly sizeBytes: number | null;
  /** What the contents must hash to; null where nobody states it. */
  readonly sha256: string | null;
  readonly token: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly waitsMs: readonly number[];
  readonly longestWaitMs: number;
  /** A connection that brings nothing for so long is given up. */
  readonly stallMs: number;
}

/** Bytes after which a try counts as progress, so that a long download may be cut more often than a short one. */
const PROGRESS_BYTES = 1 << 20;

/** What lies in a half-downloaded file cannot be gone on with. */
const restart = (why: string): HubFault => new HubFault("unresumable", `the download cannot be resumed: ${why}`);

const writeAll = async (handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < chunk.length;)
    done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
};

/** Total size, after a check that the answer goes on where the file ends. */
const totalBytes = ({ response }: Answer, from: number, { sizeBytes, path }: BlobJob): number | null => {
  const { host } = new URL(response.url);
  if (isWebPage(response, path)) throw webPageFault(host);
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  if (from > 0 && (response.status !== 206 || Number(range?.[1]) !== from))
    throw restart(`${host} answers ${response.status}`);
  const length = response.headers.get("content-length");
  return sizeBytes ?? (length === null ? null : from + Number(length));
};

const looksLikePage = (chunk: Uint8Array): boolean =>
  /^\s*<(!doctype html|html[\s>])/i.test(Buffer.from(chunk.subarray(0, 256)).toString("latin1"));

/** Appends the body of an answer to the file. */
const receive = async (answer: Answer, partial: Partial, job: BlobJob, alive: () => void): Promise<void> => {
  const { host } = new URL(answer.response.url);
  const total = totalBytes(answer, partial.size, job);
  let position = partial.size;
  for await (const chunk of answer.response.body ?? []) {
    alive();
    if (position === 0 && looksLikePage(chunk) && !/\.html?$/i.test(job.path)) throw webPageFault(host);
    if (total !== null && position + chunk.length > total)
      throw new HubFault("unexpected", `${host} sends more than the ${total} bytes it stated`);
    await writeAll(partial.handle, chunk, position);
    position += chunk.length;
    job.onProgress(position, total ?? position);
  }
  if (total !== null && position < total) throw new HubFault("cut", `${host} sent ${position} of ${total} bytes`);
};

/** Fetches what the file still lacks. */
const fill = async (partial: Partial, job: BlobJob): Promise<void> => {
  const { url, token, stallMs } = job;
  const { host } = new URL(url);
  if (job.sizeBytes !== null && partial.size === job.sizeBytes) return;
  if (job.sizeBytes !== null && partial.size > job.sizeBytes) throw restart("more bytes than the file has");
  const headers = partial.size > 0 ? { range: `bytes=${partial.size}-` } : {};
  await withStall(host, stallMs, job.signal, async (signal, alive) => {
    const answer = await request(url, { method: "GET", headers, token, signal });
    try {
      await receive(answer, partial, job, alive);
    } catch (thrown) {
      throw thrown instanceof TypeError ? networkFault(thrown, host) : thrown; // what fetch throws for a broken body
    }
  });
};

const wrongHash = (job: BlobJob, got: string) =>
  artifactError("E_HUB_HASH", `${job.path} from ${new URL(job.url).host}: wanted SHA-256 ${job.sha256}, got ${got}`, {
    hint: "The file was changed on its way or on the hub; it was thrown away. Try again, or another HF_ENDPOINT.",
  });

/** Whether the bytes of a failed try are worth keeping for the next one. */
const isKept = (thrown: unknown): boolean => {
  if (thrown instanceof HubFault) return !["unresumable", "unexpected", "web-page"].includes(thrown.reason);
  if (thrown instanceof HandfulError) return false;
  const full = ["ENOSPC", "EDQUOT", "EFBIG"];
  return !(thrown instanceof Error && "code" in thrown && full.includes(String(thrown.code)));
};

/**
 * Downloads a blob, going on where an earlier try ended, and puts it in its place once its hash is right.
 *
 * @returns its SHA-256
 * @throws HubFault when it is not to be had; artifactError E_HUB_HASH when what came is not what was wanted
 */
export const fetchBlob = async (job: BlobJob): Promise<string> => {
  let fresh = false;
  let grown = 0;
  const attempt = async (): Promise<string> => {
    const partial = await openPartial(job.blob, { fresh });
    let sha256: string;
    try {
      await fill(partial, job);
      sha256 = await fileSha256(partial.path, job.signal);
      if (job.sha256 !== null && sha256 !== job.sha256)
        throw partial.size > 0 ? restart("the earlier part is damaged") : wrongHash(job, sha256);
    } catch (thrown) {
      grown = (await partial.handle.stat()).size - partial.size;
      fresh = thrown instanceof HubFault && thrown.reason === "unresumable";
      await (isKept(thrown) ? partial.park() : partial.discard());
      throw thrown;
    }
    await partial.finish();
    return sha256;
  };
  const { waitsMs, longestWaitMs, signal } = job;
  return retrying(attempt, { waitsMs, longestWaitMs, signal, progressed: () => grown >= PROGRESS_BYTES });
};
