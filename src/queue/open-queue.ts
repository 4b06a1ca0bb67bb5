import { Pool, type PoolClient } from "pg";
import { PgBoss, type Db } from "pg-boss";
import { HandfulError, messageOf, optionError } from "../base/errors.ts";
import { createTables, ENGINE_SCHEMA } from "./tables.ts";

/** Runs of pictures kept in PostgreSQL, and the queue of their chunks. Must be closed. */
export interface Queue {
  readonly pool: Pool;
  readonly boss: PgBoss;
  /** Runs `body` in one transaction: all of it stays, or nothing. */
  transact<T>(body: (client: PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface OpenQueueOptions {
  /** Connections at most. */
  readonly connections?: number;
  /** Whether jobs whose worker fell silent are given back while it is open. */
  readonly supervise?: boolean;
  /** Told of what goes wrong in the background. */
  readonly onError?: (error: Error) => void;
}

/** The one queue that all runs share. */
export const CHUNKS = "chunks";
/** Seconds between two looks for jobs whose worker fell silent. */
const SUPERVISE_SECONDS = 2;
const CONNECT_MS = 10_000;

/** Lets pg-boss speak over one connection, inside a transaction of ours. */
export const over = (client: Pool | PoolClient): Db => ({
  executeSql: (text, values) => client.query(text, values),
});

/** The address without its password. */
const publicName = (url: URL): string => `postgres://${url.host}${url.pathname}`;

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw optionError("the queue's address: wanted postgres://user@host:port/database, got something else", {
      hint: "Give --queue postgres://…, or set DATABASE_URL.",
    });
  return url;
};

const refusals: Readonly<Record<string, string>> = {
  "28P01": "the password is wrong",
  "28000": "this user may not connect",
  "42501": "this user may not create the tables",
  "3D000": "there is no such database",
};

/** Why the database could not be opened, without its password. */
const notOpened = (thrown: unknown, url: URL): HandfulError => {
  if (thrown instanceof HandfulError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const refusal = refusals[code];
  return new HandfulError(
    refusal !== undefined && code !== "3D000" ? "permission" : "missing",
    "E_QUEUE_CONNECT",
    `${publicName(url)}: ${refusal ?? (messageOf(thrown) || code || "no answer")}`,
    { hint: "Check the address, and that PostgreSQL 13 or newer runs there.", cause: thrown },
  );
};

const transaction =
  (pool: Pool): Queue["transact"] =>
  async (body) => {
    const client = await pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => void (broken = error);
    client.on("error", onError); // a connection that breaks says so here too, which unheard would end the process
    try {
      await client.query("BEGIN");
      const value = await body(client);
      await client.query("COMMIT");
      return value;
    } catch (thrown) {
      await client.query("ROLLBACK").catch(onError);
      throw thrown;
    } finally {
      client.off("error", onError);
      client.release(broken); // a connection that cannot roll back is given up
    }
  };

/**
 * Opens the queue at a PostgreSQL address, and makes its tables where they are missing.
 *
 * @throws E_OPTION for an address that is none; E_QUEUE_CONNECT when it cannot be reached or refuses
 */
export const openQueue = async (address: string, options: OpenQueueOptions = {}): Promise<Queue> => {
  const { connections = 4, supervise = false, onError = () => undefined } = options;
  const url = parseUrl(address);
  const pool = new Pool({ connectionString: address, max: connections, connectionTimeoutMillis: CONNECT_MS });
  pool.on("error", onError); // an idle connection that breaks is replaced
  const boss = new PgBoss({
    db: over(pool),
    schema: ENGINE_SCHEMA,
    createSchema: false, // two that begin at once would both make it
    supervise,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    schedule: false,
    registerInstance: false,
  });
  boss.on("error", onError);
  const close = async (): Promise<void> => {
    await boss.stop({ graceful: false, close: false });
    await pool.end();
  };
  try {
    await createTables(pool);
    await boss.start();
    await boss.createQueue(CHUNKS, { deleteAfterSeconds: 30 * 86_400, retentionSeconds: 365 * 86_400 });
  } catch (thrown) {
    await close().catch(() => undefined); // what could not be opened is all that matters
    throw notOpened(thrown, url);
  }
  return { pool, boss, transact: transaction(pool), close };
};
