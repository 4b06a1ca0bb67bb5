import { HubFault } from "./faults.ts";

/**
 * Runs something on the network that is given up when nothing comes for too long, or when the caller aborts.
 *
 * @param run  gets the signal to pass on, and a function to call whenever something came
 * @throws HubFault "cut" after `stallMs` without a sign of life
 */
export const withStall = async <T>(
  host: string,
  stallMs: number,
  caller: AbortSignal,
  run: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> => {
  const stall = new AbortController();
  const give = (): void => stall.abort(new HubFault("cut", `${host} sent nothing for ${stallMs / 1000} s`));
  const timer = setTimeout(give, stallMs);
  const signal = AbortSignal.any([caller, stall.signal]);
  try {
    return await run(signal, () => void timer.refresh());
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    clearTimeout(timer);
    stall.abort(); // lets go of a body that was not read to its end
  }
};
