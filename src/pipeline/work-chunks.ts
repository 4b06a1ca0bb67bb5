import { HandfulError, messageOf } from "../base/errors.ts";
import { hasOpenJobs } from "../queue/run-status.ts";
import type { Queue } from "../queue/open-queue.ts";
import type { ResultRow } from "../queue/result-row.ts";
import { takeChunk, type Chunk } from "../queue/take-chunk.ts";
import { openAnswerer, type Answerer, type OpenAnswererOptions } from "./open-answerer.ts";

export interface WorkOptions extends OpenAnswererOptions {
  /** Name of this worker, kept with every result. */
  readonly worker: string;
  /** Where the pictures lie on this machine, when elsewhere than the task says. */
  readonly root?: string;
  /** Ends when no chunk is left, in nobody's hands either. */
  readonly untilEmpty: boolean;
  /** Aborted: the chunk in hand is finished, no other is taken. */
  readonly drain: AbortSignal;
  readonly on?: {
    opened?(chunk: Chunk): void;
    settled?(chunk: Chunk, outcome: { readonly errors: number; readonly kept: boolean }): void;
    failed?(chunk: Chunk, error: unknown): void;
    /** The queue did not answer; it is asked again. */
    disturbed?(error: unknown): void;
  };
}

/** Time between two looks into an empty queue, and the longest between two at one that does not answer. */
const IDLE_MS = 500;
const MAX_WAIT_MS = 30_000;

/** Waits, but not beyond the signal. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });

/** The network of the last task, kept open as long as chunks ask for the same. */
const createBench = (options: WorkOptions) => {
  let open: { readonly key: string; readonly answerer: Answerer } | null = null;
  const close = async (): Promise<void> => {
    const last = open;
    open = null;
    await last?.answerer.close();
  };
  const answererFor = async (chunk: Chunk): Promise<Answerer> => {
    const key = JSON.stringify([chunk.task.kind, chunk.task.network]);
    if (open?.key === key) return open.answerer;
    await close();
    open = { key, answerer: await openAnswerer(chunk.task, options) };
    options.on?.opened?.(chunk);
    return open.answerer;
  };
  return { answererFor, close };
};

const answerChunk = async (chunk: Chunk, answerer: Answerer, root: string): Promise<ResultRow[]> => {
  const rows: ResultRow[] = [];
  for await (const row of answerer.rows(chunk.pictures, root)) rows.push(row);
  return rows;
};

/** Does one chunk, saying meanwhile that the worker lives. */
const doChunk = async (
  chunk: Chunk,
  answererFor: (chunk: Chunk) => Promise<Answerer>,
  { worker, root, on = {} }: WorkOptions,
): Promise<void> => {
  const beat = setInterval(() => void chunk.beat().catch((error: unknown) => on.disturbed?.(error)), chunk.beatMs);
  try {
    const rows = await answerChunk(chunk, await answererFor(chunk), root ?? chunk.task.root);
    const kept = await chunk.settle(rows, worker);
    on.settled?.(chunk, { kept, errors: rows.filter(({ error }) => error !== null).length });
  } catch (thrown) {
    on.failed?.(chunk, thrown);
    await chunk.fail({ code: thrown instanceof HandfulError ? thrown.code : "E_INTERNAL", message: messageOf(thrown) });
  } finally {
    clearInterval(beat);
  }
};

/**
 * Takes chunks off the queue and does them until told to stop.
 *
 * A chunk that throws is given back, to be tried again as often as its run allows; a queue that does not answer is
 * asked again, after 1 s, 2 s, ... at most 30 s.
 */
export const workChunks = async (queue: Queue, options: WorkOptions): Promise<void> => {
  const { drain, untilEmpty, on = {} } = options;
  const bench = createBench(options);
  let waitMs = 0;
  try {
    while (!drain.aborted) {
      try {
        const chunk = await takeChunk(queue);
        if (chunk) await doChunk(chunk, bench.answererFor, options);
        else if (untilEmpty && !(await hasOpenJobs(queue))) return;
        else await pause(IDLE_MS, drain);
        waitMs = 0;
      } catch (thrown) {
        on.disturbed?.(thrown);
        waitMs = Math.min(MAX_WAIT_MS, Math.max(1000, 2 * waitMs));
        await pause(waitMs, drain);
      }
    }
  } finally {
    await bench.close();
  }
};
