import type { ServerResponse } from "node:http";
import { HandfulError } from "../base/errors.ts";
import { tooLate } from "./batcher.ts";

/** How long a request lives: until its answer, its deadline, or its client's leaving. */
export interface Lifetime {
  readonly signal: AbortSignal;
  remainingMs(): number;
  elapsedMs(): number;
  end(): void;
}

/** Begins a lifetime of `ms`; the signal's reason is E_DEADLINE or E_LEFT. */
export const beginLifetime = (response: ServerResponse, ms: number): Lifetime => {
  const began = performance.now();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(tooLate()), ms);
  const left = (): void => {
    clearTimeout(timer);
    if (!response.writableFinished) controller.abort(new HandfulError("interrupted", "E_LEFT", "the client left"));
  };
  response.once("close", left);
  return {
    signal: controller.signal,
    remainingMs: () => Math.max(0, began + ms - performance.now()),
    elapsedMs: () => performance.now() - began,
    end: () => {
      clearTimeout(timer);
      response.off("close", left);
    },
  };
};
