import type { PoolClient } from "pg";
import type { Job } from "pg-boss";
import { z } from "zod";
import { HandfulError, messageOf } from "../base/errors.ts";
import { CHUNKS, over, type Queue } from "./open-queue.ts";
import type { QueuedPicture, ResultRow } from "./result-row.ts";
import { parseTask, type Task } from "./task.ts";

/** A chunk of pictures that this worker holds until it is settled, given back, or its heartbeat stops. */
export interface Chunk {
  readonly run: string;
  readonly chunk: number;
  readonly task: Task;
  readonly pictures: readonly QueuedPicture[];
  /** Which attempt this is, from 0. */
  readonly attempt: number;
  /** Time between two calls of `beat`, in milliseconds. */
  readonly beatMs: number;
  /** Says that the worker lives. */
  beat(): Promise<void>;
  /**
   * Commits the results and the job's completion together.
   *
   * @returns false when the chunk was given to somebody else meanwhile: nothing is written then
   */
  settle(rows: readonly ResultRow[], worker: string): Promise<boolean>;
  /** Gives the chunk back: it is tried again, as often as the run allows. */
  fail(error: { readonly code: string; readonly message: string }): Promise<void>;
}

const insertResults = (client: PoolClient, run: string, rows: readonly ResultRow[], worker: string) =>
  client.query(
    `INSERT INTO handful.result (run, name, sha256, answer, embedding, error, worker)
     SELECT $1, name, sha256, answer::jsonb, embedding, error::jsonb, $2
     FROM unnest($3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[]) AS new (name, sha256, answer, embedding, error)
     ON CONFLICT DO NOTHING`,
    [
      run,
      worker,
      rows.map(({ name }) => name),
      rows.map(({ sha256 }) => sha256),
      rows.map(({ answer }) => answer && JSON.stringify(answer)),
      rows.map(({ embedding: e }) => e && Buffer.from(e.buffer, e.byteOffset, e.byteLength)),
      rows.map(({ error }) => error && JSON.stringify(error)),
    ],
  );

interface JobData {
  readonly run: string;
  readonly chunk: number;
}

type ChunkJob = Job<JobData>;

/** The part of pg-boss's answer that its types leave out: how many jobs it changed. */
const response = z.object({ affected: z.number() });

const settleJob = (
  queue: Queue,
  job: ChunkJob,
  { rows, worker }: { readonly rows: readonly ResultRow[]; readonly worker: string },
): Promise<boolean> =>
  queue.transact(async (client) => {
    // the job itself, with the attempt it was taken at, and not its id: one that was given to somebody else stays theirs
    const completed = await queue.boss.complete(CHUNKS, job, null, { db: over(client) });
    if (response.parse(completed).affected === 0) return false;
    await insertResults(client, job.data.run, rows, worker);
    return true;
  });

const picturesOf = async ({ pool }: Queue, { run, chunk }: JobData): Promise<QueuedPicture[]> => {
  const { rows } = await pool.query<QueuedPicture>(
    "SELECT name, sha256 FROM handful.picture WHERE run = $1 AND chunk = $2 ORDER BY name",
    [run, chunk],
  );
  return rows;
};

/** What a job is about; null where its run was deleted. */
const taskOf = async ({ pool }: Queue, run: string): Promise<Task | null> => {
  const { rows } = await pool.query<{ task: unknown }>("SELECT task FROM handful.run WHERE name = $1", [run]);
  return rows.length === 0 ? null : parseTask(rows[0]!.task, run);
};

/** Beats between two of which a worker may be silent before it counts as dead. */
const BEATS = 3;
const NO_HEARTBEAT_SECONDS = 30;

/**
 * Takes the next chunk of any run; null when none is waiting.
 *
 * @throws E_QUEUE_TASK for a chunk whose task cannot be read; it is given back first
 */
export const takeChunk = async (queue: Queue): Promise<Chunk | null> => {
  const { boss } = queue;
  const [job] = await boss.fetch<JobData>(CHUNKS);
  if (!job) return null;
  const fail: Chunk["fail"] = async ({ code, message }) => {
    await boss.fail(CHUNKS, job, { code, message });
  };
  const task = await taskOf(queue, job.data.run).catch(async (thrown: unknown) => {
    await fail({ code: thrown instanceof HandfulError ? thrown.code : "E_INTERNAL", message: messageOf(thrown) });
    throw thrown;
  });
  if (task === null) {
    await boss.complete(CHUNKS, job);
    return takeChunk(queue);
  }
  return {
    ...job.data,
    task,
    pictures: await picturesOf(queue, job.data),
    attempt: job.retryCount,
    beatMs: (1000 * (job.heartbeatSeconds ?? NO_HEARTBEAT_SECONDS)) / BEATS,
    beat: async () => {
      await boss.touch(CHUNKS, job);
    },
    settle: (rows, worker) => settleJob(queue, job, { rows, worker }),
    fail,
  };
};
