import { Worker } from "node:worker_threads";
import { HandfulError } from "../base/errors.ts";
import type { Size } from "./warp.ts";
import type { Policy } from "./policy.ts";

export interface AugmenterStart extends Size {
  readonly policy: Policy;
  readonly seed: string;
}

/** One picture to vary; `key` names the version. */
export interface AugmenterRequest {
  readonly id: number;
  readonly key: string;
  readonly data: Uint8Array;
}

export type AugmenterResponse =
  { readonly id: number; readonly data: Uint8Array } | { readonly id: number; readonly error: string };

/** Varies pictures in a thread of its own. Must be closed. */
export interface Augmenter {
  /** A version of a picture: the same for the same seed, policy, picture and key. */
  vary(picture: Uint8Array, key: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a thread that augments pictures while this one computes.
 *
 * @param start  size of all pictures, in pixels; the policy; a seed
 */
export const openAugmenter = (start: AugmenterStart): Augmenter => {
  const script = new URL(
    import.meta.url.endsWith(".ts") ? "./augmenter-thread.ts" : "./augmenter-thread.js",
    import.meta.url,
  );
  const worker = new Worker(script, { workerData: start, execArgv: [] });
  worker.unref();
  const waiting = new Map<number, { done: (data: Uint8Array) => void; failed: (error: Error) => void }>();
  let next = 0;
  const failAll = (error: Error): void => {
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  worker.on("message", (response: AugmenterResponse) => {
    const caller = waiting.get(response.id);
    waiting.delete(response.id);
    if (waiting.size === 0) worker.unref();
    if ("data" in response) caller?.done(response.data);
    else caller?.failed(new HandfulError("internal", "E_AUGMENT", `internal: augmenting failed: ${response.error}`));
  });
  worker.on("error", failAll);
  worker.on("exit", () => failAll(new HandfulError("internal", "E_WORKER", "internal: the augmenting thread ended")));
  return {
    vary: (data, key) =>
      new Promise((done, failed) => {
        const id = next++;
        waiting.set(id, { done, failed });
        worker.ref();
        worker.postMessage({ id, key, data } satisfies AugmenterRequest);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
};
