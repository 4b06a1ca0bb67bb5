import { isDeepStrictEqual } from "node:util";
import type { PoolClient } from "pg";
import { optionError } from "../base/errors.ts";
import { CHUNKS, over, type Queue } from "./open-queue.ts";
import type { QueuedPicture } from "./result-row.ts";
import { parseTask, type Task } from "./task.ts";

/** How chunks are tried again. */
export interface Patience {
  /** How often a chunk is tried again after a failure or a worker's death. */
  readonly retries: number;
  /** Silence after which a worker counts as dead, in seconds; at least 10. */
  readonly heartbeatSeconds: number;
  /** Longest that a chunk may take, in seconds. */
  readonly expireSeconds: number;
}

export const DEFAULT_PATIENCE: Patience = { retries: 3, heartbeatSeconds: 30, expireSeconds: 3600 };

/** Names of runs: what is safe in a file name and a command line. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Begins a run, or goes on with one.
 *
 * @throws optionError when the name is none, or belongs to a run of another task
 */
export const beginRun = async ({ pool }: Queue, run: string, task: Task): Promise<void> => {
  if (!NAME.test(run))
    throw optionError(`the run's name: wanted letters, digits, "." "_" "-", got "${run}"`, {
      hint: "For example --run flowers-2026-11.",
    });
  await pool.query("INSERT INTO handful.run (name, task) VALUES ($1, $2) ON CONFLICT DO NOTHING", [run, task]);
  const { rows } = await pool.query<{ task: unknown }>("SELECT task FROM handful.run WHERE name = $1", [run]);
  const begun = parseTask(rows[0]?.task, run);
  if (!isDeepStrictEqual(begun, parseTask(task, run)))
    throw optionError(`run ${run} was begun to ${begun.kind} ${begun.root} with another network or folder`, {
      hint: "Give it another name with --run.",
    });
};

/** Of these names, the ones that the run has already. */
export const knownNames = async ({ pool }: Queue, run: string, names: readonly string[]): Promise<Set<string>> => {
  const { rows } = await pool.query<{ name: string }>(
    "SELECT name FROM handful.picture WHERE run = $1 AND name = ANY($2::text[])",
    [run, names],
  );
  return new Set(rows.map(({ name }) => name));
};

const jobOf = (run: string, chunk: number, { retries, heartbeatSeconds, expireSeconds }: Patience) => ({
  data: { run, chunk },
  retryLimit: retries,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 300,
  heartbeatSeconds,
  expireInSeconds: expireSeconds,
});

/** Puts jobs for chunks into the queue, over a transaction's connection. */
export const insertJobs = async (
  { boss }: Queue,
  client: PoolClient,
  { run, chunks, patience }: { readonly run: string; readonly chunks: readonly number[]; readonly patience: Patience },
): Promise<void> => {
  await boss.insert(
    CHUNKS,
    chunks.map((chunk) => jobOf(run, chunk, patience)),
    { db: over(client) },
  );
};

/**
 * Puts pictures into a run as one chunk, leaving out those it has: the rows and the job are there together or not at
 * all.
 *
 * @returns how many were new
 */
export const enqueueChunk = async (
  queue: Queue,
  run: string,
  { pictures, patience }: { readonly pictures: readonly QueuedPicture[]; readonly patience: Patience },
): Promise<number> =>
  queue.transact(async (client) => {
    const { rows } = await client.query<{ chunks: number }>(
      "UPDATE handful.run SET chunks = chunks + 1 WHERE name = $1 RETURNING chunks",
      [run],
    );
    const chunk = rows[0]!.chunks;
    const { rowCount } = await client.query(
      `INSERT INTO handful.picture (run, name, sha256, chunk)
       SELECT $1, name, sha256, $2 FROM unnest($3::text[], $4::text[]) AS new (name, sha256)
       ON CONFLICT DO NOTHING`,
      [run, chunk, pictures.map(({ name }) => name), pictures.map(({ sha256 }) => sha256)],
    );
    if (rowCount) await insertJobs(queue, client, { run, chunks: [chunk], patience });
    return rowCount ?? 0;
  });
