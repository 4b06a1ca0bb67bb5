import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type Postgres } from "../../test/fixtures/postgres.ts";
import { beginRun, DEFAULT_PATIENCE, enqueueChunk } from "./enqueue.ts";
import { openQueue, type Queue } from "./open-queue.ts";
import { deleteRun, hasOpenJobs, retryDead, runNames, runStatus, runTask } from "./run-status.ts";
import { takeChunk } from "./take-chunk.ts";
import type { Task } from "./task.ts";

const task: Task = {
  kind: "classify",
  root: "/photos",
  network: { from: "model", path: "/model.onnx", sha256: "0".repeat(64) },
};

describe.skipIf(!hasPostgres)("a run", () => {
  let postgres: Postgres;
  let queue: Queue;
  beforeAll(async () => {
    postgres = await startPostgres();
    queue = await openQueue(postgres.url);
    await beginRun(queue, "flowers", task);
    for (const name of ["a", "b", "c"])
      await enqueueChunk(queue, "flowers", {
        pictures: [1, 2].map((n) => ({ name: `${name}${n}.jpg`, sha256: null })),
        patience: { ...DEFAULT_PATIENCE, retries: 0 },
      });
  });
  afterAll(async () => {
    await queue?.close();
    await postgres?.stop();
  });

  const brief = async () => {
    const { pictures, done, errors, waiting, active, retrying, dead, failures } = await runStatus(queue, "flowers");
    return { pictures: [done, errors, pictures], jobs: [waiting, active, retrying, dead], failures };
  };
  const settleNext = async (): Promise<void> => {
    const { pictures, settle } = (await takeChunk(queue))!;
    const error = { code: "E_IMAGE_EMPTY", message: "empty", hint: null };
    const rows = pictures.map(({ name }, i) => ({
      name,
      sha256: null,
      answer: i === 0 ? { label: "rose" } : null,
      embedding: null,
      error: i === 0 ? null : error,
    }));
    await settle(rows, "w");
  };

  it("counts pictures and jobs", async () => {
    expect(await brief()).toEqual({ pictures: [0, 0, 6], jobs: [3, 0, 0, 0], failures: [] });
    await settleNext();
    const second = (await takeChunk(queue))!;
    expect(await brief()).toEqual({ pictures: [2, 1, 6], jobs: [1, 1, 0, 0], failures: [] });
    await second.fail({ code: "E_MODEL_MISSING", message: "no model" });
    const failures = [{ message: "no model", chunks: 1 }];
    expect(await brief()).toEqual({ pictures: [2, 1, 6], jobs: [1, 0, 0, 1], failures });
  });

  it("tries its dead jobs again when told to, also where they were cleaned away", async () => {
    await postgres.query("DELETE FROM handful_queue.job WHERE state = 'failed'");
    expect((await brief()).jobs).toEqual([1, 0, 0, 1]);
    expect(await retryDead(queue, "flowers")).toBe(1);
    expect(await retryDead(queue, "flowers")).toBe(0);
    expect(await brief()).toEqual({ pictures: [2, 1, 6], jobs: [2, 0, 0, 0], failures: [] });
    expect(await hasOpenJobs(queue)).toBe(true);
    await settleNext();
    await settleNext();
    expect(await brief()).toEqual({ pictures: [6, 3, 6], jobs: [0, 0, 0, 0], failures: [] });
    expect(await hasOpenJobs(queue)).toBe(false);
  });

  it("is known by its name, and forgotten with all it has", async () => {
    expect(await runNames(queue)).toEqual(["flowers"]);
    expect(await runTask(queue, "flowers")).toEqual(task);
    await expect(runStatus(queue, "flower")).rejects.toMatchObject({ hint: "Did you mean flowers?" });
    await deleteRun(queue, "flowers");
    expect(await postgres.query("SELECT FROM handful.result")).toEqual([]);
    await expect(runTask(queue, "flowers")).rejects.toMatchObject({ code: "E_QUEUE_RUN" });
  });
});
