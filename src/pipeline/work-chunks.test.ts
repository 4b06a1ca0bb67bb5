import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type Postgres } from "../../test/fixtures/postgres.ts";
import { tinyModel } from "../../test/fixtures/tiny-model.ts";
import { writeDemoSet } from "../data/demo.ts";
import { scanImages } from "../data/scan.ts";
import { DEFAULT_PATIENCE } from "../queue/enqueue.ts";
import { openQueue, type Queue } from "../queue/open-queue.ts";
import { runStatus } from "../queue/run-status.ts";
import type { Task } from "../queue/task.ts";
import { enqueuePhotos } from "./enqueue-photos.ts";
import { modelNetwork } from "./open-answerer.ts";
import { workChunks, type WorkOptions } from "./work-chunks.ts";

describe.skipIf(!hasPostgres)("photos enqueued and worked on", () => {
  const folder = mkdtempSync(join(tmpdir(), "handful-work-"));
  const root = join(folder, "photos");
  let postgres: Postgres;
  let queue: Queue;
  let task: Task;
  beforeAll(async () => {
    postgres = await startPostgres();
    queue = await openQueue(postgres.url);
    writeFileSync(join(folder, "model.onnx"), await tinyModel());
    await writeDemoSet(root, { seed: 1, perClass: 5 });
    task = { kind: "embed", root, network: await modelNetwork(join(folder, "model.onnx")) };
  });
  afterAll(async () => {
    await queue?.close();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const enqueue = async (run: string, more: { onProgress?(done: number): void; signal?: AbortSignal } = {}) =>
    enqueuePhotos(queue, (await scanImages(root)).items, { run, task, chunk: 4, patience: DEFAULT_PATIENCE, ...more });
  const work = (on: WorkOptions["on"] = {}, drain: AbortSignal = new AbortController().signal): Promise<void> =>
    workChunks(queue, { worker: "w", env: {}, cacheDir: join(folder, "cache"), untilEmpty: true, drain, on });
  const doneOf = async (run: string): Promise<number> => (await runStatus(queue, run)).done;

  it("goes on enqueuing where it was stopped", async () => {
    const stop = new AbortController();
    const half = enqueue("stopped", { signal: stop.signal, onProgress: (done) => done >= 8 && stop.abort() });
    await expect(half).rejects.toThrow();
    expect((await runStatus(queue, "stopped")).pictures).toBe(8);
    expect(await enqueue("stopped")).toEqual({ added: 12, known: 8 });
    expect(await enqueue("stopped")).toEqual({ added: 0, known: 20 });
    await work();
    expect(await runStatus(queue, "stopped")).toMatchObject({ pictures: 20, done: 20, errors: 0 });
  });

  it("opens the network once for chunks of one task, and stops between chunks", async () => {
    await enqueue("stops");
    const drain = new AbortController();
    let opened = 0;
    let settled = 0;
    await work({ opened: () => opened++, settled: () => ++settled === 2 && drain.abort() }, drain.signal);
    expect({ opened, settled, done: await doneOf("stops") }).toEqual({ opened: 1, settled: 2, done: 8 });
    await work();
    expect(await doneOf("stops")).toBe(20);
  });

  it("outlives a restart of the database, and what was in hand is done again", async () => {
    await enqueue("restart");
    const restarted = Promise.withResolvers<void>();
    const failures: unknown[] = [];
    const working = work({
      opened: () => postgres.restart().then(restarted.resolve, restarted.reject), // while the first chunk is answered
      failed: (_, error) => failures.push(error),
      disturbed: (error) => failures.push(error),
    });
    await restarted.promise;
    await postgres.query(
      "UPDATE handful_queue.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'",
    );
    await queue.boss.supervise();
    await working;
    expect(failures.length).toBeGreaterThan(0);
    expect(await runStatus(queue, "restart")).toMatchObject({ pictures: 20, done: 20, dead: 0 });
  });
});
