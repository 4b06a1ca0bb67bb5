import { Worker, type MessagePort } from "node:worker_threads";
import { HandfulError } from "../base/errors.ts";
import { fromPlain, toPlain, type PlainError } from "./wire.ts";

interface Call<Request> {
  readonly id: number;
  readonly request: Request;
}

type Reply<Result> =
  { readonly id: number; readonly result: Result } | { readonly id: number; readonly error: PlainError };

/** A thread that answers calls. Must be closed. */
export interface Thread<Request, Result> {
  /** @param transfer  memory that changes owner instead of being copied */
  call(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Result>;
  /** Calls without an answer yet. */
  readonly busy: number;
  close(): Promise<void>;
}

/** A file beside the asking one, as source or as built. */
export const scriptBeside = (url: string, name: string): URL =>
  new URL(`./${name}.${url.endsWith(".ts") ? "ts" : "js"}`, url);

/**
 * Opens a thread whose script calls `answerCalls`.
 *
 * @param onBroken  told when it ends by itself; open calls have failed then
 */
export const openThread = <Request, Result>(
  script: URL,
  { data, onBroken }: { readonly data?: unknown; readonly onBroken: () => void },
): Thread<Request, Result> => {
  const worker = new Worker(script, { workerData: data, execArgv: [] });
  const waiting = new Map<number, { done: (result: Result) => void; failed: (error: Error) => void }>();
  let next = 0;
  const failAll = (error: Error): void => {
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  worker.on("message", (reply: Reply<Result>) => {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("result" in reply) caller?.done(reply.result);
    else caller?.failed(fromPlain(reply.error));
  });
  worker.on("error", (error) => {
    failAll(error);
    onBroken();
  });
  return {
    call: (request, transfer = []) =>
      new Promise((done, failed) => {
        const id = next++;
        waiting.set(id, { done, failed });
        worker.postMessage({ id, request } satisfies Call<Request>, [...transfer]);
      }),
    get busy() {
      return waiting.size;
    },
    close: async () => {
      await worker.terminate();
      failAll(new HandfulError("interrupted", "E_DRAINING", "a thread was closed"));
    },
  };
};

/** Answers the calls that come in by a port, as many at a time as there are. */
export const answerCalls = <Request, Result>(
  port: MessagePort,
  answer: (request: Request) => Promise<{ readonly result: Result; readonly transfer: readonly ArrayBuffer[] }>,
): void => {
  port.on("message", ({ id, request }: Call<Request>) => {
    answer(request).then(
      ({ result, transfer }) => port.postMessage({ id, result } satisfies Reply<Result>, [...transfer]),
      (thrown: unknown) => port.postMessage({ id, error: toPlain(thrown) } satisfies Reply<Result>),
    );
  });
};

/** Bytes in memory of their own, which can change owner without taking along what lies beside them. */
export const ownBytes = (bytes: Uint8Array): { readonly bytes: Uint8Array; readonly buffer: ArrayBuffer } => {
  const buffer = new ArrayBuffer(bytes.byteLength);
  const copy = new Uint8Array(buffer);
  copy.set(bytes);
  return { bytes: copy, buffer };
};
