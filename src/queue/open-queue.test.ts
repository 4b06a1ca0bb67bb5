import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type Postgres } from "../../test/fixtures/postgres.ts";
import { openQueue } from "./open-queue.ts";

describe("an address", () => {
  it("that is none is refused without being shown", async () => {
    for (const address of ["", "secret", "mysql://me:secret@db/x", "postgres//me:secret@db"])
      await expect(openQueue(address)).rejects.toSatisfy(
        (error: Error & { code: string }) => error.code === "E_OPTION" && !error.message.includes("secret"),
      );
  });

  it("where nobody answers is named without its password", async () => {
    await expect(openQueue("postgres://me:secret@127.0.0.1:1/x")).rejects.toMatchObject({
      code: "E_QUEUE_CONNECT",
      kind: "missing",
      message: expect.stringMatching(/^postgres:\/\/127\.0\.0\.1:1\/x: connect ECONNREFUSED/) as string,
    });
  });
});

describe.skipIf(!hasPostgres)("a queue in PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  it("is made by several at once", async () => {
    const queues = await Promise.all([1, 2, 3].map(() => openQueue(postgres.url)));
    expect(await postgres.query("SELECT name FROM handful_queue.queue WHERE name = 'chunks'")).toHaveLength(1);
    for (const queue of queues) await queue.close();
  });

  it("undoes a transaction that throws, and goes on with the same connections", async () => {
    const queue = await openQueue(postgres.url, { connections: 1 });
    const failing = queue.transact(async (client) => {
      await client.query("CREATE TABLE half (n int)");
      throw new Error("in the middle");
    });
    await expect(failing).rejects.toThrow("in the middle");
    expect((await queue.pool.query("SELECT to_regclass('half') AS half")).rows).toEqual([{ half: null }]);
    expect(await queue.transact(async (client) => (await client.query("SELECT 1 AS one")).rows)).toEqual([{ one: 1 }]);
    await queue.close();
  });

  it("outlives a connection that breaks in the middle of a transaction", async () => {
    const queue = await openQueue(postgres.url, { connections: 1 });
    const breaking = queue.transact((client) => client.query("SELECT pg_terminate_backend(pg_backend_pid())"));
    await expect(breaking).rejects.toThrow(/terminat/);
    expect((await queue.pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await queue.close();
  });

  it("says that the database is missing, or that the user may not", async () => {
    const place = new URL(postgres.url);
    place.pathname = "/nowhere";
    await expect(openQueue(place.href)).rejects.toMatchObject({ message: /there is no such database/ });
    await postgres.query("CREATE USER guest");
    place.pathname = "/postgres";
    place.username = "guest";
    await expect(openQueue(place.href)).rejects.toMatchObject({
      kind: "permission",
      message: expect.stringContaining("this user may not create the tables") as string,
    });
  });
});
