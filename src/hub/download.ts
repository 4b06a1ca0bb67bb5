import { artifactError, HandfulError } from "../base/errors.ts";
import { fileSha256, findCached, orAbsent, placeSnapshot, writeRef, type CachedFile } from "./cache.ts";
import { describeFile, type HubFileFacts } from "./describe.ts";
import { hubError, HubFault } from "./faults.ts";
import { fetchBlob } from "./fetch-blob.ts";
import { blobPath, checkHubFile, hubUrl, isCommit, snapshotPath, type HubFile } from "./layout.ts";
import { retrying } from "./retry.ts";
import type { HubSettings } from "./settings.ts";
import { withStall } from "./stall.ts";

export interface DownloadOptions extends HubFile {
  /** What the contents must hash to; without it, the hash the hub itself states is what counts. */
  readonly sha256?: string | null;
  readonly sizeBytes?: number | null;
  /** From `hubSettings(env)`. */
  readonly settings: HubSettings;
  /** What is wanted, in words, for messages; default "<path> of <repo>". */
  readonly wanted?: string;
  /** What to do when it is not to be had; default: the address to fetch it from by hand. */
  readonly hint?: string;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  /** Pause before each further try, in milliseconds; default 1, 2, 4 and 8 seconds. */
  readonly waitsMs?: readonly number[];
  /** Longest pause a server may ask for, in milliseconds; default one minute. */
  readonly longestWaitMs?: number;
  /** A connection that brings nothing for so long is given up; default 30 seconds. */
  readonly stallMs?: number;
}

export interface Downloaded {
  /** In the cache: `models--owner--name/snapshots/<commit>/<path>`. */
  readonly path: string;
  readonly sha256: string;
  /** Whether no byte of it had to be fetched. */
  readonly fromCache: boolean;
}

type Timing = "waitsMs" | "longestWaitMs" | "stallMs";
type Job = DownloadOptions & Required<Pick<DownloadOptions, Timing | "signal" | "wanted" | "hint">>;

/** Compares what the hub says with what was expected, before a byte is fetched. */
const checkFacts = ({ wanted, sha256, sizeBytes }: Job, { etag, sizeBytes: stated }: HubFileFacts): void => {
  const changed = (field: string, expected: string | number, got: string | number) =>
    artifactError("E_HUB_HASH", `${wanted}: wanted ${field} ${expected}, the hub now states ${got}`, {
      hint: "The file on the hub is not the one this version knows; nothing was downloaded. Use another HF_ENDPOINT, or give an .onnx file.",
    });
  if (sha256 && /^[0-9a-f]{64}$/.test(etag) && etag !== sha256) throw changed("SHA-256", sha256, etag);
  if (typeof sizeBytes === "number" && stated !== null && stated !== sizeBytes)
    throw changed("size in bytes", sizeBytes, stated);
};

/** SHA-256 of a blob that is already there whole and sound (seen under another commit); null where it is to be fetched. */
const presentBlob = async (blob: string, expected: string | null): Promise<string | null> => {
  const sha256 = await orAbsent(fileSha256(blob));
  return expected === null || sha256 === expected ? sha256 : null;
};

const obtain = async (job: Job): Promise<Downloaded> => {
  const { settings, repo, path, signal, waitsMs, longestWaitMs, stallMs, onProgress = () => {} } = job;
  const { cacheDir, token, endpoint } = settings;
  const host = new URL(endpoint).host;
  const describe = () => withStall(host, stallMs, signal, (stalling) => describeFile(job, settings, stalling));
  const facts = await retrying(describe, { waitsMs, longestWaitMs, signal });
  checkFacts(job, facts);
  const { commit, etag } = facts;
  const sha256 = job.sha256 ?? (/^[0-9a-f]{64}$/.test(etag) ? etag : null);
  const sizeBytes = facts.sizeBytes ?? job.sizeBytes ?? null;
  const blob = blobPath(cacheDir, repo, etag);
  const url = hubUrl(endpoint, { repo, revision: commit, path });
  const present = await presentBlob(blob, sha256);
  const got =
    present ??
    (await fetchBlob({
      url,
      path,
      blob,
      sizeBytes,
      sha256,
      token,
      signal,
      onProgress,
      waitsMs,
      longestWaitMs,
      stallMs,
    }));
  const place = snapshotPath(cacheDir, repo, commit, path);
  await placeSnapshot(place, blob);
  await writeRef(cacheDir, job, commit);
  return { path: place, sha256: got, fromCache: present !== null };
};

const offlineError = ({ wanted, hint, settings }: Job, cached: CachedFile | null): HandfulError =>
  cached
    ? artifactError("E_HUB_DAMAGED", `${wanted}: the copy in the cache is damaged: ${cached.path}`, {
        hint: "Go online once to fetch it anew.",
      })
    : new HandfulError(
        "missing",
        "E_HUB_OFFLINE",
        `${wanted} is not in the cache (${settings.cacheDir}), and downloads are switched off`,
        { hint },
      );

/**
 * Gives a file of the hub, from the cache where it is there, else by downloading it into the cache.
 *
 * The cache is the one of Python's huggingface_hub: what either fetched, the other finds. A commit's file that is in the
 * cache needs no network; of a branch the hub is asked for the newest, and the cached one serves where it cannot be
 * reached. Contents are hashed before they get their name, and again whenever they are taken from the cache.
 *
 * @throws HandfulError kind "missing" when it is not to be had (one line: what, why; the hint says what to do by hand),
 *   kind "damaged" when it is not what it should be
 */
export const downloadFile = async (options: DownloadOptions): Promise<Downloaded> => {
  checkHubFile(options);
  const { settings, repo, path, revision } = options;
  const url = hubUrl(settings.endpoint, options);
  const job: Job = {
    ...options,
    signal: options.signal ?? new AbortController().signal,
    wanted: options.wanted ?? `${path} of ${repo}`,
    hint: options.hint ?? `Fetch ${url} by other means.`,
    waitsMs: options.waitsMs ?? [1000, 2000, 4000, 8000],
    longestWaitMs: options.longestWaitMs ?? 60_000,
    stallMs: options.stallMs ?? 30_000,
  };
  const cached = await findCached(settings.cacheDir, options, options.sha256 ?? undefined);
  const usable = cached?.sound ? { path: cached.path, sha256: cached.sha256, fromCache: true } : null;
  if (usable && (settings.offline || isCommit(revision) || options.sha256)) return usable;
  if (settings.offline) throw offlineError(job, cached);
  try {
    return await obtain(job);
  } catch (thrown) {
    if (!(thrown instanceof HubFault)) throw thrown;
    if (usable && ["no-network", "cut", "busy"].includes(thrown.reason)) return usable;
    throw hubError(job.wanted, thrown, job.hint);
  }
};
