import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type Postgres } from "../../test/fixtures/postgres.ts";
import { beginRun, DEFAULT_PATIENCE, enqueueChunk, knownNames } from "./enqueue.ts";
import { openQueue, type Queue } from "./open-queue.ts";
import type { ResultRow } from "./result-row.ts";
import { runResults } from "./run-results.ts";
import { takeChunk } from "./take-chunk.ts";
import type { Task } from "./task.ts";

const task: Task = {
  kind: "embed",
  root: "/photos",
  network: { from: "model", path: "/model.onnx", sha256: "0".repeat(64) },
};
const sha256 = "a".repeat(64);
const rowOf = (name: string, value = 0.5): ResultRow => ({
  name,
  sha256,
  answer: null,
  embedding: Float32Array.of(value, -value),
  error: null,
});

describe.skipIf(!hasPostgres)("a chunk of pictures", () => {
  let postgres: Postgres;
  let queue: Queue;
  beforeAll(async () => {
    postgres = await startPostgres();
    queue = await openQueue(postgres.url);
  });
  afterAll(async () => {
    await queue?.close();
    await postgres?.stop();
  });

  /** A run of its own with one chunk. */
  const begin = async (run: string, names: readonly string[], retries = 3): Promise<number> => {
    await beginRun(queue, run, task);
    const pictures = names.map((name) => ({ name, sha256 }));
    return enqueueChunk(queue, run, { pictures, patience: { ...DEFAULT_PATIENCE, retries } });
  };
  const stateOf = async (run: string): Promise<unknown[]> =>
    (await postgres.query("SELECT state::text FROM handful_queue.job WHERE data->>'run' = $1", [run])).map(
      ({ state }) => state,
    );
  const countOf = async (table: string, run: string): Promise<unknown> =>
    (await postgres.query(`SELECT count(*)::int AS n FROM handful.${table} WHERE run = $1`, [run]))[0]!.n;
  const resultsOf = async (run: string): Promise<ResultRow[]> => {
    const rows: ResultRow[] = [];
    for await (const row of runResults(queue, run)) rows.push(row);
    return rows;
  };

  it("is enqueued once, however often its pictures are given", async () => {
    expect(await begin("once", ["a.jpg", "b.jpg"])).toBe(2);
    expect(await begin("once", ["a.jpg", "b.jpg"])).toBe(0);
    expect(await begin("once", ["b.jpg", "c.jpg"])).toBe(1);
    expect(await countOf("picture", "once")).toBe(3);
    expect(await stateOf("once")).toEqual(["created", "created"]);
    expect(await knownNames(queue, "once", ["c.jpg", "d.jpg"])).toEqual(new Set(["c.jpg"]));
    for (const names of [["a.jpg", "b.jpg"], ["c.jpg"]]) {
      const chunk = await takeChunk(queue);
      expect(chunk?.pictures.map(({ name }) => name)).toEqual(names);
      expect(
        await chunk!.settle(
          names.map((name) => rowOf(name)),
          "w",
        ),
      ).toBe(true);
    }
    expect(await takeChunk(queue)).toBeNull();
  });

  it("is settled with its results, to the last bit", async () => {
    const names = ["ä \\u{a}.jpg", 'b,"c".jpg'];
    await begin("bits", names);
    const chunk = (await takeChunk(queue))!;
    expect(chunk).toMatchObject({ run: "bits", task, attempt: 0, beatMs: 10_000 });
    const error = { code: "E_IMAGE_DAMAGED", message: "no picture", hint: null };
    const bad: ResultRow = { name: names[0]!, sha256: null, answer: null, embedding: null, error };
    await chunk.settle([rowOf(names[1]!, Math.fround(1 / 3)), bad], "w");
    expect(await resultsOf("bits")).toEqual([rowOf(names[1]!, Math.fround(1 / 3)), bad]);
    expect(await stateOf("bits")).toEqual(["completed"]);
  });

  it("keeps its job and writes nothing when the transaction fails", async () => {
    await begin("rollback", ["a.jpg"]);
    const chunk = (await takeChunk(queue))!;
    await expect(chunk.settle([rowOf("a.jpg"), rowOf("of-no-run.jpg")], "w")).rejects.toThrow(/foreign key/);
    expect(await stateOf("rollback")).toEqual(["active"]);
    expect(await countOf("result", "rollback")).toBe(0);
    expect(await chunk.settle([rowOf("a.jpg")], "w")).toBe(true); // the connection is whole again
    expect(await countOf("result", "rollback")).toBe(1);
  });

  it("of a worker that fell silent goes to another one, and the first can write nothing any more", async () => {
    await begin("silent", ["a.jpg"]);
    const first = (await takeChunk(queue))!;
    await postgres.query(
      "UPDATE handful_queue.job SET heartbeat_on = now() - interval '1 hour' WHERE data->>'run' = 'silent'",
    );
    await queue.boss.supervise();
    expect(await stateOf("silent")).toEqual(["retry"]);
    await postgres.query("UPDATE handful_queue.job SET start_after = now() WHERE data->>'run' = 'silent'");
    const second = (await takeChunk(queue))!;
    expect(second).toMatchObject({ run: "silent", attempt: 1 });
    expect(await first.settle([rowOf("a.jpg", 1)], "first")).toBe(false);
    expect(await resultsOf("silent")).toEqual([]);
    expect(await second.settle([rowOf("a.jpg", 2)], "second")).toBe(true);
    expect(await first.settle([rowOf("a.jpg", 1)], "first")).toBe(false);
    expect(await resultsOf("silent")).toEqual([rowOf("a.jpg", 2)]);
  });

  it("stays with a worker that says that it lives", async () => {
    await begin("alive", ["a.jpg"]);
    const chunk = (await takeChunk(queue))!;
    await postgres.query(
      "UPDATE handful_queue.job SET heartbeat_on = now() - interval '1 hour' WHERE data->>'run' = 'alive'",
    );
    await chunk.beat();
    await queue.boss.supervise();
    expect(await stateOf("alive")).toEqual(["active"]);
    expect(await chunk.settle([rowOf("a.jpg")], "w")).toBe(true);
  });

  it("of a task that cannot be read is given back", async () => {
    await begin("odd", ["a.jpg"], 0);
    await postgres.query(`UPDATE handful.run SET task = '{"kind": "guess"}' WHERE name = 'odd'`);
    await expect(takeChunk(queue)).rejects.toMatchObject({ code: "E_QUEUE_TASK" });
    expect(await stateOf("odd")).toEqual(["failed"]);
  });

  it("of a run that was deleted ends quietly", async () => {
    await begin("deleted", ["a.jpg"]);
    await postgres.query("DELETE FROM handful.run WHERE name = 'deleted'");
    expect(await takeChunk(queue)).toBeNull();
    expect(await stateOf("deleted")).toEqual(["completed"]);
  });

  it("belongs to a run of one task", async () => {
    await beginRun(queue, "task", task);
    await beginRun(queue, "task", { ...task });
    await expect(beginRun(queue, "task", { ...task, root: "/other" })).rejects.toMatchObject({ code: "E_OPTION" });
    await expect(beginRun(queue, "../x", task)).rejects.toThrow(/letters, digits/);
  });
});
