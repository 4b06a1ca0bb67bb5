import type { Pool } from "pg";

/** Schema of the queue's engine, which makes its own tables in it. */
export const ENGINE_SCHEMA = "handful_queue";

/**
 * Runs, their pictures, and one result a picture. The keys are the promise: no picture stands twice in a run, and none
 * has two results.
 */
const TABLES = `
  CREATE SCHEMA IF NOT EXISTS ${ENGINE_SCHEMA};
  CREATE SCHEMA IF NOT EXISTS handful;
  CREATE TABLE IF NOT EXISTS handful.run (
    name text PRIMARY KEY,
    task jsonb NOT NULL,
    chunks int NOT NULL DEFAULT 0,
    begun timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS handful.picture (
    run text NOT NULL REFERENCES handful.run ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    sha256 text,
    chunk int NOT NULL,
    PRIMARY KEY (run, name)
  );
  CREATE INDEX IF NOT EXISTS picture_chunk ON handful.picture (run, chunk);
  CREATE TABLE IF NOT EXISTS handful.result (
    run text NOT NULL,
    name text COLLATE "C" NOT NULL,
    sha256 text,
    answer jsonb,
    embedding bytea,
    error jsonb,
    worker text NOT NULL,
    done timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run, name),
    FOREIGN KEY (run, name) REFERENCES handful.picture ON DELETE CASCADE
  );
`;

/** Any number that nothing else in the database locks. */
const LOCK = 7_203_118_254;

/** Makes schemas and tables where they are missing; several may try at once. */
export const createTables = async (pool: Pool): Promise<void> => {
  const { rows } = await pool.query<{ there: boolean }>("SELECT to_regclass('handful.result') IS NOT NULL AS there");
  if (rows[0]!.there) return; // who only works needs no right to make tables, and waits for nobody who writes
  await pool.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK}); ${TABLES} COMMIT;`);
};
