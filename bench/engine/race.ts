import { setTimeout } from "node:timers/promises";

/** One of several things whose time is compared. */
export interface Contestant {
  readonly name: string;
  readonly run: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface Result {
  readonly name: string;
  /** Milliseconds, sorted. */
  readonly times: readonly number[];
  /** What the last run gave. */
  readonly value: number;
}

/** Milliseconds before each run: threads of the one before turn in a loop for a while, and would take a core from it. */
const SETTLE = 100;

/**
 * Runs contestants in turn, so that what else the machine does falls on all of them alike; the first round, of
 * warming up, does not count.
 */
export const race = async (contestants: readonly Contestant[], rounds = 7): Promise<Result[]> => {
  const times = contestants.map((): number[] => []);
  const values = contestants.map(() => NaN);
  for (let round = 0; round <= rounds; round++)
    for (const [i, { run }] of contestants.entries()) {
      await setTimeout(SETTLE);
      const start = performance.now();
      values[i] = await run();
      if (round > 0) times[i]!.push(performance.now() - start);
    }
  for (const { close } of contestants) await close();
  return contestants.map(({ name }, i) => ({ name, times: times[i]!.sort((a, b) => a - b), value: values[i]! }));
};

/** The shortest time: what else ran on the machine can only have added to it. */
export const best = ({ times }: Result): number => times[0]!;
