import { fork, type ChildProcess } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";
import { artifactError, HandfulError } from "../base/errors.ts";
import { fromPlain, HUNG } from "./wire.ts";
import type { Cost, EngineAnswer, EngineOptions, EngineRequest, EngineResponse, ModelInfo, Question } from "./wire.ts";

/** What to ask for besides the picture. */
export interface AskEngine {
  /** Time until nobody wants the answer any more, in milliseconds. */
  readonly remainingMs: number;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** A model in a process of its own. Must be closed. */
export interface Engine {
  readonly info: ModelInfo;
  /** How long runs take at the moment. */
  readonly cost: Cost;
  readonly pid: number;
  /** @throws E_ENGINE when the process ends before it has answered; what decoding and running throw */
  ask(question: Question, options: AskEngine): Promise<EngineAnswer>;
  /** Ends the process at once; whoever still waits gets E_ENGINE. */
  close(): Promise<void>;
  /** Settles when the process is gone, with the reason. */
  readonly ended: Promise<HandfulError>;
}

export interface EngineEvents {
  readonly ran?: (items: number, ms: number) => void;
  readonly decoded?: (ms: number) => void;
}

export interface Watch {
  /** Silence after which an open engine counts as hanging, in milliseconds. */
  readonly silenceMs: number;
  /** Longest that opening the model may take, in milliseconds. */
  readonly openMs: number;
  /** Resident memory that the process may take, in bytes. */
  readonly memoryBytes: number;
}

export const DEFAULT_WATCH: Watch = {
  silenceMs: 5000,
  openMs: 120_000,
  memoryBytes: 4 * 2 ** 30,
};

const TICK_MS = 250;

interface Waiting {
  readonly done: (answer: EngineAnswer) => void;
  readonly failed: (error: Error) => void;
}

const gone = (reason: string): HandfulError =>
  new HandfulError("internal", "E_ENGINE", `the engine of the model ${reason}`, { hint: "Try again in a moment." });

const start = (options: EngineOptions): ChildProcess => {
  const cache = getCompileCacheDir();
  const script = new URL(
    import.meta.url.endsWith(".ts") ? "./engine-process.ts" : "./engine-process.js",
    import.meta.url,
  );
  return fork(fileURLToPath(script), [JSON.stringify(options)], {
    serialization: "advanced",
    execArgv: [],
    env: { PATH: process.env.PATH, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
};

/**
 * Ends a process that is silent, slow to answer, or too large. Counts ticks, not time: where this process itself was
 * stopped for a while, nothing has been missed.
 */
const watchOver = (
  child: ChildProcess,
  watch: Watch,
): {
  heard: (response: EngineResponse) => void;
  opened: () => void;
  stop: () => void;
  verdict: () => string | null;
} => {
  let silent = 0;
  // while it opens it may be busy reading
  let opening: number | null = 0;
  let verdict: string | null = null;
  const end = (reason: string): void => {
    verdict ??= reason;
    child.kill("SIGKILL");
  };
  const timer = setInterval(() => {
    if (opening === null) {
      if (++silent * TICK_MS > watch.silenceMs) end("was stopped: it no longer answered");
    } else if (++opening * TICK_MS > watch.openMs)
      end(`was stopped: opening it took longer than ${watch.openMs / 1000} s`);
  }, TICK_MS);
  timer.unref();
  return {
    heard: (response) => {
      silent = 0;
      if (response.type === "alive" && response.rssBytes > watch.memoryBytes)
        end(`was stopped: it took more than ${Math.round(watch.memoryBytes / 2 ** 20)} MB of memory`);
    },
    opened: () => void (opening = null),
    stop: () => clearInterval(timer),
    verdict: () => verdict,
  };
};

export interface OpenEngine {
  readonly events?: EngineEvents;
  readonly watch?: Watch;
  /** Aborted: the process is ended, open or not. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a model in a child process under a ceiling of memory and time.
 *
 * @throws HandfulError what loading the model throws; E_MODEL_CEILING, E_MODEL_CRASH when it ends the process
 */
export const openEngine = async (
  options: EngineOptions,
  { events = {}, watch = DEFAULT_WATCH, signal }: OpenEngine = {},
): Promise<Engine> => {
  const child = start(options);
  const giveUp = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted) giveUp();
  const waiting = new Map<number, Waiting>();
  const guard = watchOver(child, watch);
  const send = (request: EngineRequest): void => void (child.connected && child.send(request));
  let cost: Cost = { perItemMs: 0, fixedMs: 0 };
  let next = 0;
  const settle = (id: number): Waiting | undefined => {
    const caller = waiting.get(id);
    waiting.delete(id);
    return caller;
  };
  let open = false;
  const ended = new Promise<HandfulError>((done) => {
    child.on("exit", (code, killedBy) => {
      guard.stop();
      signal?.removeEventListener("abort", giveUp);
      const hung = code === HUNG ? "was stopped: a picture or a run no longer came to an end" : null;
      const error = gone(guard.verdict() ?? hung ?? `ended (${killedBy ?? `exit code ${code}`})`);
      for (const { failed } of waiting.values()) failed(error);
      waiting.clear();
      done(error);
    });
  });
  const info = await new Promise<ModelInfo>((done, failed) => {
    child.on("message", (response: EngineResponse) => {
      guard.heard(response);
      if (response.type === "answer") settle(response.id)?.done(response.answer);
      else if (response.type === "error") settle(response.id)?.failed(fromPlain(response.error));
      else if (response.type === "decoded") events.decoded?.(response.ms);
      else if (response.type === "ran") {
        cost = response.cost;
        events.ran?.(response.items, response.ms);
      } else if (response.type === "open") {
        cost = response.cost;
        open = true;
        guard.opened();
        done(response.info);
      } else if (response.type === "failed") failed(fromPlain(response.error));
    });
    child.on("error", failed);
    void ended.then(({ message }) => {
      if (!open)
        failed(
          artifactError(guard.verdict() === null ? "E_MODEL_CRASH" : "E_MODEL_CEILING", message, {
            hint: "The file is damaged or hostile, or the machine is short of memory.",
          }),
        );
    });
  });
  return {
    info,
    get cost() {
      return cost;
    },
    pid: child.pid!,
    ask: (question, { remainingMs, signal }) =>
      new Promise((done, failed) => {
        if (signal.aborted) return failed(signal.reason);
        if (!child.connected) return failed(gone("has ended"));
        const id = next++;
        const leave = (): void => {
          if (settle(id)) send({ type: "cancel", id });
          failed(signal.reason);
        };
        const stay = (): void => signal.removeEventListener("abort", leave);
        signal.addEventListener("abort", leave, { once: true });
        waiting.set(id, {
          done: (answer) => {
            stay();
            done(answer);
          },
          failed: (error) => {
            stay();
            failed(error);
          },
        });
        send({ type: "ask", id, question, remainingMs });
      }),
    close: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    ended,
  };
};
