import { createHash } from "node:crypto";
import { loadModel, readModelFile } from "../artifact/load.ts";
import { openWorkerSession } from "../runtime/worker-session.ts";
import { createBatcher, monotonicClock as clock, type Batcher } from "./batcher.ts";
import { createCostModel } from "./cost-model.ts";
import { openDecodePool, type DecodePool } from "./decode-pool.ts";
import { describeOutputs, findBatch, runItems, type ReadyItem } from "./engine-core.ts";
import {
  HUNG,
  toPlain,
  type EngineAnswer,
  type EngineOptions,
  type EngineRequest,
  type EngineResponse,
} from "./wire.ts";

/**
 * Entry of the process that holds one model: decodes in threads, batches, and runs in a thread, so that this thread
 * always hears its parent. Whatever a picture or a model does to it, the server lives on.
 */
const ALIVE_MS = 500;

const send = (response: EngineResponse): void => {
  if (process.connected) process.send!(response);
};

/** Gives the process up when work hangs in a thread, where nothing else can stop it. */
const guarded = async <T>(work: Promise<T>, hangMs: number): Promise<T> => {
  const timer = setTimeout(() => process.exit(HUNG), hangMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
};

interface Parts {
  readonly hangMs: number;
  readonly pool: DecodePool;
  readonly batcher: Batcher<ReadyItem, EngineAnswer>;
  readonly asked: Map<number, AbortController>;
}

const answer = async (parts: Parts, request: EngineRequest & { type: "ask" }): Promise<void> => {
  const { id, question, remainingMs } = request;
  const deadline = clock.now() + remainingMs;
  const controller = new AbortController();
  parts.asked.set(id, controller);
  try {
    const start = clock.now();
    const pixels = question.ready ? question.picture : await guarded(parts.pool.decode(question.picture), parts.hangMs);
    if (!question.ready) send({ type: "decoded", ms: clock.now() - start });
    const item = { pixels, outputs: question.outputs };
    send({ type: "answer", id, answer: await parts.batcher.ask(item, { deadline, signal: controller.signal }) });
  } catch (thrown) {
    if (!controller.signal.aborted) send({ type: "error", id, error: toPlain(thrown) });
  } finally {
    parts.asked.delete(id);
  }
};

const open = async (options: EngineOptions): Promise<void> => {
  const bytes = await readModelFile(options.path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const model = await loadModel(bytes, { open: (b, o) => openWorkerSession(b, { ...o, spin: false }), ...threads });
  const cost = createCostModel();
  const best = await findBatch(model, cost, clock.now);
  const maxBatch = options.maxBatch ?? best;
  const costNow = () => ({ perItemMs: cost.perItemMs, fixedMs: cost.fixedMs });
  const parts: Parts = {
    hangMs: options.hangMs,
    pool: openDecodePool(options.decoders, model.preprocess, () => process.exit(1)),
    batcher: createBatcher<ReadyItem, EngineAnswer>({
      run: (items) => guarded(runItems(model, items), options.hangMs),
      clock,
      cost,
      maxBatch,
      maxDelayMs: options.maxDelayMs,
      onRun: (items, ms) => send({ type: "ran", items, ms, cost: costNow() }),
    }),
    asked: new Map(),
  };
  process.on("message", (request: EngineRequest) => {
    if (request.type === "ask") void answer(parts, request);
    else if (request.type === "cancel") parts.asked.get(request.id)?.abort();
    else process.exit(0);
  });
  const { labels, preprocess, evidence, backbone } = model.metadata;
  send({
    type: "open",
    cost: costNow(),
    info: {
      version: sha256.slice(0, 12),
      sha256,
      labels,
      height: preprocess.height,
      width: preprocess.width,
      outputs: await describeOutputs(model),
      maxBatch,
      accuracy: evidence.accuracy,
      backbone: backbone.name,
    },
  });
};

// The terminal signals the whole group: when to end is the parent's decision.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit(0));
setInterval(() => send({ type: "alive", rssBytes: process.memoryUsage.rss() }), ALIVE_MS);
open(JSON.parse(process.argv[2]!) as EngineOptions).catch((thrown: unknown) => {
  process.send!({ type: "failed", error: toPlain(thrown) } satisfies EngineResponse, () => process.exit(1));
});
