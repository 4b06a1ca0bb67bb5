import { dataError } from "../base/errors.ts";
import { nearestName } from "../base/nearest-name.ts";
import { DEFAULT_PATIENCE, insertJobs } from "./enqueue.ts";
import type { Queue } from "./open-queue.ts";
import { parseTask, type Task } from "./task.ts";

/** How far a run is. */
export interface RunStatus {
  readonly run: string;
  readonly task: Task;
  readonly pictures: number;
  /** Pictures with a result, an error counted as one. */
  readonly done: number;
  /** Of those, the ones that could not be read. */
  readonly errors: number;
  /** Chunks that are not done: waiting, in a worker's hands, to be tried again, or dead. */
  readonly waiting: number;
  readonly active: number;
  readonly retrying: number;
  /** Chunks tried as often as was allowed; nobody works on them until `queue retry`. */
  readonly dead: number;
  /** Why chunks failed last, with how many of them did. */
  readonly failures: readonly { readonly message: string; readonly chunks: number }[];
}

/** Chunks without results, each with the state of its latest job: `failed` where that is used up or gone. */
const OPEN_CHUNKS = `
  WITH open AS (
    SELECT DISTINCT p.chunk FROM handful.picture p
    WHERE p.run = $1 AND NOT EXISTS (SELECT FROM handful.result r WHERE r.run = p.run AND r.name = p.name)
  ), latest AS (
    SELECT DISTINCT ON (chunk) (data->>'chunk')::int AS chunk, state::text, output->>'message' AS message
    FROM handful_queue.job WHERE name = 'chunks' AND data->>'run' = $1
    ORDER BY chunk, created_on DESC
  )
  SELECT chunk, CASE WHEN state IN ('created', 'active', 'retry') THEN state ELSE 'failed' END AS state, message
  FROM open LEFT JOIN latest USING (chunk)`;

interface OpenChunk {
  readonly chunk: number;
  readonly state: "created" | "active" | "retry" | "failed";
  readonly message: string | null;
}

const openChunks = async ({ pool }: Queue, run: string): Promise<readonly OpenChunk[]> =>
  (await pool.query<OpenChunk>(`${OPEN_CHUNKS} ORDER BY chunk`, [run])).rows;

/**
 * The task of a run.
 *
 * @throws E_QUEUE_RUN with the nearest name
 */
export const runTask = async ({ pool }: Queue, run: string): Promise<Task> => {
  const { rows } = await pool.query<{ task: unknown }>("SELECT task FROM handful.run WHERE name = $1", [run]);
  if (rows.length > 0) return parseTask(rows[0]!.task, run);
  const known = await runNames({ pool });
  const near = nearestName(run, known);
  throw dataError("E_QUEUE_RUN", `no run is called ${run}`, {
    hint: near !== undefined ? `Did you mean ${near}?` : `There are: ${known.slice(-5).join(", ") || "none yet"}.`,
  });
};

/** Names of all runs, the oldest first. */
export const runNames = async ({ pool }: Pick<Queue, "pool">): Promise<string[]> =>
  (await pool.query<{ name: string }>("SELECT name FROM handful.run ORDER BY begun, name")).rows.map(
    ({ name }) => name,
  );

const failuresOf = (chunks: readonly OpenChunk[]): RunStatus["failures"] => {
  const counts = new Map<string, number>();
  for (const { message } of chunks) if (message !== null) counts.set(message, (counts.get(message) ?? 0) + 1);
  return [...counts].map(([message, many]) => ({ message, chunks: many })).sort((a, b) => b.chunks - a.chunks);
};

/**
 * How far a run is.
 *
 * @throws E_QUEUE_RUN
 */
export const runStatus = async (queue: Queue, run: string): Promise<RunStatus> => {
  const task = await runTask(queue, run);
  const { rows } = await queue.pool.query<{ pictures: number; done: number; errors: number }>(
    `SELECT (SELECT count(*) FROM handful.picture WHERE run = $1)::int AS pictures,
       count(*)::int AS done, count(error)::int AS errors
     FROM handful.result WHERE run = $1`,
    [run],
  );
  const chunks = await openChunks(queue, run);
  const inState = (state: OpenChunk["state"]): number => chunks.filter((chunk) => chunk.state === state).length;
  return {
    run,
    task,
    ...rows[0]!,
    waiting: inState("created"),
    active: inState("active"),
    retrying: inState("retry"),
    dead: inState("failed"),
    failures: failuresOf(chunks),
  };
};

/**
 * Puts the dead chunks of a run into the queue again.
 *
 * @returns how many there were
 * @throws E_QUEUE_RUN
 */
export const retryDead = async (queue: Queue, run: string): Promise<number> => {
  await runTask(queue, run);
  return queue.transact(async (client) => {
    await client.query("SELECT FROM handful.run WHERE name = $1 FOR UPDATE", [run]); // two at once would do it twice
    const chunks = (await openChunks(queue, run)).filter(({ state }) => state === "failed");
    await insertJobs(queue, client, { run, chunks: chunks.map(({ chunk }) => chunk), patience: DEFAULT_PATIENCE });
    return chunks.length;
  });
};

/**
 * Forgets a run: its pictures, results and jobs.
 *
 * @throws E_QUEUE_RUN
 */
export const deleteRun = async (queue: Queue, run: string): Promise<void> => {
  await runTask(queue, run);
  await queue.pool.query("DELETE FROM handful.run WHERE name = $1", [run]); // its jobs end when a worker takes them
};

/** Whether any chunk of any run is still to be done or in a worker's hands. */
export const hasOpenJobs = async ({ pool }: Queue): Promise<boolean> => {
  const { rows } = await pool.query(
    "SELECT FROM handful_queue.job WHERE name = 'chunks' AND state IN ('created', 'retry', 'active') LIMIT 1",
  );
  return rows.length > 0;
};
