import { Worker } from "node:worker_threads";
import { HandfulError } from "../base/errors.ts";
import type { Tensor } from "../graph/dtype.ts";
import type { Session, SessionOptions } from "./node.ts";

/** What goes to the thread: a run, or the end. */
export type WorkerRequest =
  | {
      readonly id: number;
      readonly feeds: Readonly<Record<string, Tensor>>;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly close: true };

/** What comes back: the session is open, a run is done, or something failed. */
export type WorkerResponse =
  | { readonly ready: { readonly inputNames: readonly string[]; readonly outputNames: readonly string[] } }
  | { readonly id: number; readonly results: Record<string, Tensor> }
  | { readonly id: number | null; readonly error: { readonly code: string; readonly message: string } };

export interface WorkerStart {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
}

/** The buffers of tensors that can change owner instead of being copied. */
export const buffersOf = (tensors: Readonly<Record<string, Tensor>>): ArrayBuffer[] =>
  Object.values(tensors).flatMap(({ data }) =>
    "buffer" in data && data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength
      ? [data.buffer]
      : [],
  );

const failure = ({ code, message }: { code: string; message: string }): HandfulError =>
  new HandfulError("damaged", code, message);

/**
 * A session in a thread of its own, so that a run does not block this one (ONNX Runtime computes on the thread that
 * asks). Feeds are handed over: their buffers can no longer be used after `run`.
 */
export const openWorkerSession = async (model: Uint8Array, options: SessionOptions = {}): Promise<Session> => {
  const script = new URL(
    import.meta.url.endsWith(".ts") ? "./worker-session-thread.ts" : "./worker-session-thread.js",
    import.meta.url,
  );
  const worker = new Worker(script, { workerData: { model, options } satisfies WorkerStart, execArgv: [] });
  const waiting = new Map<
    number,
    { done: (results: Record<string, Tensor>) => void; failed: (error: Error) => void }
  >();
  let next = 0;
  const ended = (error: Error): void => {
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  const names = await new Promise<{ inputNames: readonly string[]; outputNames: readonly string[] }>(
    (ready, failed) => {
      worker.on("message", (response: WorkerResponse) => {
        if ("ready" in response) return ready(response.ready);
        if ("results" in response) {
          waiting.get(response.id)?.done(response.results);
          waiting.delete(response.id);
          return;
        }
        if (response.id === null) return failed(failure(response.error));
        waiting.get(response.id)?.failed(failure(response.error));
        waiting.delete(response.id);
      });
      worker.on("error", (error) => {
        failed(error);
        ended(error);
      });
      worker.on("exit", (code) =>
        ended(
          new HandfulError("internal", "E_WORKER", `internal: the thread of the runtime ended (exit code ${code})`),
        ),
      );
    },
  );
  return {
    ...names,
    run: (feeds, outputs) =>
      new Promise((done, failed) => {
        const id = next++;
        waiting.set(id, { done, failed });
        worker.postMessage({ id, feeds, outputs } satisfies WorkerRequest, buffersOf(feeds));
      }),
    close: async () => {
      const gone = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage({ close: true } satisfies WorkerRequest);
      await gone;
    },
  };
};
