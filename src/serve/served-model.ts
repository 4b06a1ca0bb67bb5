import { HandfulError } from "../base/errors.ts";
import type { AskEngine, Engine } from "./engine.ts";
import type { Busy } from "./statuses.ts";
import type { EngineAnswer, ModelInfo, Question } from "./wire.ts";

export interface ServedModelOptions {
  readonly name: string;
  readonly path: string;
  readonly open: (path: string) => Promise<Engine>;
  /** Most pictures asked at the same time. */
  readonly queue: number;
  /** Wait before the first restart, in milliseconds; doubles up to 10 s. */
  readonly restartMs: number;
  /** Longest that an engine which was replaced may take to finish, in milliseconds. */
  readonly drainMs: number;
  readonly events: {
    readonly ended?: (error: HandfulError) => void;
    readonly restarted?: () => void;
    /** A restart failed; another one follows. */
    readonly failed?: (error: unknown) => void;
  };
}

/** A model by its name: today's engine, restarted when it dies, replaced when a new version proves sound. */
export interface ServedModel {
  readonly name: string;
  readonly path: string;
  /** null while there is no engine. */
  readonly info: ModelInfo | null;
  /** Pictures decoded, waiting or running. */
  readonly pending: number;
  /** @throws E_BUSY when a picture asked now would find no place, or no answer within `remainingMs` */
  admit(remainingMs: number, pictures?: number): void;
  /** @throws E_BUSY, E_MODEL_NOT_READY, E_ENGINE, the signal's reason, and what the picture deserves */
  ask(question: Question, options: AskEngine): Promise<EngineAnswer & { readonly version: string }>;
  /** Opens a model file and puts it in place of today's; when it fails, today's stays. */
  replace(path: string): Promise<ModelInfo>;
  close(): Promise<void>;
}

const LONGEST_WAIT_MS = 10_000;
/** An engine that lived so long starts again with short waits. */
const HEALTHY_MS = 30_000;

/** Expected milliseconds until the last of `items` is answered, batch by batch. */
const backlogMs = (items: number, { info: { maxBatch }, cost }: Engine): number => {
  const whole = Math.floor(items / maxBatch);
  const rest = items % maxBatch;
  return whole * (cost.perItemMs * maxBatch + cost.fixedMs) + (rest > 0 ? cost.perItemMs * rest + cost.fixedMs : 0);
};

const busy = (message: string, waitMs: number): HandfulError => {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new HandfulError("interrupted", "E_BUSY", message, {
    hint: `Try again in ${retryAfterSeconds} s.`,
    cause: { retryAfterSeconds } satisfies Busy,
  });
};

interface Seat {
  readonly engine: Engine;
  pending: number;
  /** Called when the last answer has been given. */
  idle: (() => void) | null;
}

/** Opens a model; fails when its file does. */
export const openServedModel = async (options: ServedModelOptions): Promise<ServedModel> => {
  const { name, open, queue, restartMs, drainMs, events } = options;
  let path = options.path;
  let seat: Seat | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const take = (engine: Engine): void => {
    const began = performance.now();
    const own: Seat = { engine, pending: 0, idle: null };
    seat = own;
    void engine.ended.then((error) => {
      own.idle?.();
      if (seat !== own || closed) return;
      seat = null;
      events.ended?.(error);
      restart(performance.now() - began > HEALTHY_MS ? restartMs : wait);
    });
  };
  let wait = restartMs;
  const restart = (ms: number): void => {
    wait = Math.min(2 * ms, LONGEST_WAIT_MS);
    timer = setTimeout(() => {
      open(path).then(
        (engine) => {
          if (closed || seat !== null) return void engine.close();
          take(engine);
          events.restarted?.();
        },
        (thrown: unknown) => {
          events.failed?.(thrown);
          if (!closed && seat === null) restart(wait);
        },
      );
    }, ms);
  };
  const seated = (): Seat => {
    if (seat !== null) return seat;
    throw new HandfulError("interrupted", "E_MODEL_NOT_READY", `the model "${name}" is being restarted`, {
      hint: "Try again in a moment.",
    });
  };
  /** Lets an engine that was replaced finish what it was asked. */
  const drain = async (old: Seat): Promise<void> => {
    if (old.pending > 0) {
      let patience: NodeJS.Timeout | undefined;
      await new Promise<void>((done) => {
        old.idle = done;
        patience = setTimeout(done, drainMs);
      });
      clearTimeout(patience);
    }
    await old.engine.close();
  };

  take(await open(path));
  return {
    name,
    get path() {
      return path;
    },
    get info() {
      return seat?.engine.info ?? null;
    },
    get pending() {
      return seat?.pending ?? 0;
    },
    admit: (remainingMs, pictures = 1) => {
      const { engine, pending } = seated();
      const waitMs = backlogMs(pending + pictures, engine);
      if (pending + pictures > queue && pending > 0) throw busy(`${pending} pictures are waiting already`, waitMs);
      // Only with a batch before it: a single wrong guess must not lock everyone out.
      if (pending > engine.info.maxBatch && waitMs > remainingMs)
        throw busy(`${pending} pictures are waiting, and an answer would come too late`, waitMs - remainingMs);
    },
    ask: async (question, asking) => {
      const own = seated();
      own.pending++;
      try {
        const answer = await own.engine.ask(question, asking);
        return { ...answer, version: own.engine.info.version };
      } finally {
        if (--own.pending === 0) own.idle?.();
      }
    },
    replace: async (newPath) => {
      const engine = await open(newPath);
      if (closed) {
        await engine.close();
        throw new HandfulError("interrupted", "E_DRAINING", "the server is stopping");
      }
      clearTimeout(timer);
      const old = seat;
      path = newPath;
      take(engine);
      if (old) void drain(old);
      return engine.info;
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const last = seat;
      seat = null;
      if (last) await drain(last);
    },
  };
};
