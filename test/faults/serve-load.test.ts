import { Agent, request } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { HandfulError } from "../../src/base/errors.ts";
import { createRandom } from "../../src/base/random.ts";
import { createBatcher, monotonicClock as clock } from "../../src/serve/batcher.ts";
import { createCostModel } from "../../src/serve/cost-model.ts";
import type { Server } from "../../src/serve/server.ts";
import type { ServeSettings } from "../../src/serve/settings.ts";
import type { EngineAnswer } from "../../src/serve/wire.ts";
import { listeningServer } from "../fixtures/listening-server.ts";
import { stubAnswer, stubEngine } from "../fixtures/stub-engine.ts";

let server: Server;
afterEach(() => server.stop());

/** A server whose engine batches as the real one does, and takes 2 ms and 1 ms a picture. */
const start = async (settings: Partial<ServeSettings>): Promise<{ runs: number[] }> => {
  const runs: number[] = [];
  const batcher = createBatcher<number, EngineAnswer>({
    clock,
    cost: createCostModel(),
    maxBatch: 8,
    maxDelayMs: 5,
    run: async (items) => {
      runs.push(items.length);
      await new Promise((done) => setTimeout(done, 2 + items.length));
      return items.map(() => stubAnswer("blue"));
    },
  });
  server = await listeningServer(
    () =>
      stubEngine(() => batcher.ask(0, { deadline: clock.now() + (settings.deadlineMs ?? 10_000) }), { maxBatch: 8 }),
    settings,
  );
  return { runs };
};

const agent = new Agent({ keepAlive: true, maxSockets: 200 });
/** The status of one picture asked for, or 0 where the client itself left after `leaveMs`. */
const post = (leaveMs: number | null = null): Promise<number> =>
  new Promise((done) => {
    const asked = request(`${server.address}/v1/classify`, {
      method: "POST",
      agent,
      headers: { "content-type": "image/png" },
    });
    asked.on("response", (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode!));
      answer.on("error", () => done(0));
    });
    asked.on("error", () => done(0));
    asked.end("x");
    if (leaveMs !== null) setTimeout(() => asked.destroy(), leaveMs);
  });

describe("case 60: more requests than can be answered", () => {
  it("are answered 200, 429 or 504, all of them, and the next ones 200 again", async () => {
    const { runs } = await start({ queue: 64, deadlineMs: 200 });
    const statuses = await Promise.all(Array.from({ length: 2000 }, () => post()));
    const counts = Map.groupBy(statuses, (status) => status);
    expect([...counts.keys()].every((status) => [200, 429, 504].includes(status))).toBe(true);
    expect(counts.get(200)!.length).toBeGreaterThan(50);
    expect(counts.get(429)!.length).toBeGreaterThan(50);
    // what was answered 429 never reached the engine
    expect(runs.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(2000 - counts.get(429)!.length);
    expect(server.parts.models.all[0]!.pending).toBe(0);
    expect(await Promise.all(Array.from({ length: 8 }, () => post()))).toEqual(Array(8).fill(200));
  });
});

describe("case 61: clients that leave", () => {
  it("free their places, whether queued or running, and are counted", async () => {
    await start({ queue: 1000 });
    const random = createRandom(1);
    const asked = Array.from({ length: 400 }, (_, i) => post(i % 2 === 0 ? random.integer(60) : null));
    const statuses = await Promise.all(asked);
    expect(statuses.filter((_, i) => i % 2 === 1)).toEqual(Array(200).fill(200));
    await vi.waitFor(() => expect(server.app.working).toBe(0), 5000);
    expect(server.parts.models.all[0]!.pending).toBe(0);
    const text = await server.parts.metrics.text([], true);
    const cancelled = Number(/^handful_cancelled_total (\d+)/m.exec(text)![1]);
    expect(cancelled).toBeGreaterThan(0);
    expect(cancelled).toBeLessThanOrEqual(statuses.filter((status) => status === 0).length);
    expect(await post()).toBe(200);
  });
});

describe("case 62: one picture that fails", () => {
  it("fails alone, whoever asks beside it", async () => {
    let n = 0;
    server = await listeningServer(() =>
      stubEngine(() =>
        ++n % 10 === 0
          ? Promise.reject(new HandfulError("damaged", "E_MODEL_NAN", "not finite"))
          : Promise.resolve(stubAnswer("red")),
      ),
    );
    const statuses = await Promise.all(Array.from({ length: 100 }, () => post()));
    expect(statuses.filter((status) => status === 500)).toHaveLength(10);
    expect(statuses.filter((status) => status === 200)).toHaveLength(90);
  });
});
