import { setTimeout as sleep } from "node:timers/promises";
import { HubFault } from "./faults.ts";

export interface RetryOptions {
  /** Pause before each further try, in milliseconds; as many tries as pauses, and one more. */
  readonly waitsMs: readonly number[];
  /** Longest pause a server may ask for, in milliseconds. */
  readonly longestWaitMs: number;
  readonly signal: AbortSignal;
  /** Whether the last try brought enough that counting begins anew. */
  readonly progressed?: () => boolean;
}

const mayRetry = (fault: HubFault, progressed: boolean): boolean =>
  ["cut", "unresumable", "busy"].includes(fault.reason) || (fault.reason === "no-network" && progressed);

/**
 * Tries again after cuts, overload and refusals that ask for patience, with growing pauses; all else is thrown on.
 *
 * No connection at all is not tried again, unless it was there a moment ago.
 */
export const retrying = async <T>(
  attempt: () => Promise<T>,
  { waitsMs, longestWaitMs, signal, progressed = () => false }: RetryOptions,
): Promise<T> => {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof HubFault) || !mayRetry(thrown, progressed())) throw thrown;
      if (progressed()) failures = 0;
      const pause = waitsMs[failures];
      const wait = Math.max(pause ?? 0, thrown.retryAfterMs ?? 0);
      if (wait > longestWaitMs)
        throw new HubFault(thrown.reason, `${thrown.message} and asks to come back in ${Math.ceil(wait / 1000)} s`, {
          cause: thrown,
        });
      if (pause === undefined)
        throw new HubFault(thrown.reason, `${thrown.message}, after ${failures + 1} tries`, { cause: thrown });
      await sleep(wait, undefined, { signal });
    }
  }
};
