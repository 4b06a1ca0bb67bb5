import { HandfulError, messageOf } from "../base/errors.ts";
import type { CostModel } from "./cost-model.ts";

/** Time as the batcher sees it, so that a test can turn it by hand. */
export interface Clock {
  /** Milliseconds on a clock that never jumps. */
  now(): number;
  /** Calls `then` after `ms`; gives what calls it off. */
  after(ms: number, then: () => void): () => void;
}

/** The clock of this process. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

export interface BatcherOptions<Item, Answer> {
  /** Runs items together; one answer or error an item, in order. */
  readonly run: (items: readonly Item[]) => Promise<readonly (Answer | HandfulError)[]>;
  readonly clock: Clock;
  readonly cost: CostModel;
  /** Most items of one run, at least 1. */
  readonly maxBatch: number;
  /** Longest that an item is held back for company while nothing runs, in milliseconds. */
  readonly maxDelayMs: number;
  /** Told of every run. */
  readonly onRun?: (items: number, ms: number) => void;
}

export interface AskOptions {
  /** Time on the batcher's clock after which nobody wants the answer any more. */
  readonly deadline: number;
  /** Aborted when nobody waits any more. */
  readonly signal?: AbortSignal;
}

export interface Batcher<Item, Answer> {
  /**
   * Asks for one item, which runs together with whatever else is asked meanwhile.
   *
   * @throws E_DEADLINE, without having run, when the answer would come too late; the signal's reason
   */
  ask(item: Item, options: AskOptions): Promise<Answer>;
  /** Items that wait for a run. */
  readonly waiting: number;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly since: number;
  readonly deadline: number;
  readonly done: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

/** Weight of the newest gap in the mean gap between arrivals. */
const NEWEST = 1 / 8;

/** The answer would come, or has come, too late. */
export const tooLate = (): HandfulError =>
  new HandfulError("interrupted", "E_DEADLINE", "the answer would have come after its deadline", {
    hint: "Ask less at once, or allow more time (x-deadline-ms, --deadline-ms).",
  });

/**
 * How long to hold n items back for one more, in milliseconds; 0 or less: run now.
 *
 * Alone, the next item, expected in `gap`, costs the fixed part of a run that it would share in company. For that, n + 1
 * items wait for `gap`, and n of them for the next one's share of the run. So waiting pays as long as
 *
 *     fixed > (n + 1) gap + n perItem
 */
export const worthWaiting = (n: number, gap: number, { fixedMs, perItemMs }: CostModel): number => {
  const most = (fixedMs - n * perItemMs) / (n + 1);
  return gap < most ? most : 0;
};

/** Gathers items that are asked one by one into runs. One run at a time; while it lasts, items gather for the next. */
export const createBatcher = <Item, Answer>(options: BatcherOptions<Item, Answer>): Batcher<Item, Answer> => {
  const { run, clock, cost, maxBatch, maxDelayMs, onRun } = options;
  let queue: Waiting<Item, Answer>[] = [];
  let running = false;
  let callOff: (() => void) | null = null;
  let lastArrival = -Infinity;
  let gap = Infinity;

  /** Takes the next run out of the queue: in order, as many as still make their deadlines together. */
  const take = (): Waiting<Item, Answer>[] => {
    const now = clock.now();
    const taken: Waiting<Item, Answer>[] = [];
    let deadline = Infinity;
    let at = 0;
    for (; at < queue.length && taken.length < maxBatch; at++) {
      const next = queue[at]!;
      if (now >= next.deadline || now + cost.predict(1) > next.deadline) {
        if (now < next.deadline) cost.doubt();
        next.failed(tooLate());
        continue;
      }
      const both = Math.min(deadline, next.deadline);
      if (taken.length > 0 && now + cost.predict(taken.length + 1) > both) break;
      deadline = both;
      taken.push(next);
    }
    queue = queue.slice(at);
    return taken;
  };

  const start = async (): Promise<void> => {
    callOff?.();
    callOff = null;
    const taken = take();
    if (taken.length === 0) return;
    running = true;
    const began = clock.now();
    try {
      const answers = await run(taken.map(({ item }) => item));
      taken.forEach(({ done, failed }, i) => {
        const answer = answers[i]!;
        if (answer instanceof HandfulError) failed(answer);
        else done(answer);
      });
    } catch (thrown) {
      const error =
        thrown instanceof HandfulError
          ? thrown
          : new HandfulError("internal", "E_INTERNAL", `internal: ${messageOf(thrown)}`, { cause: thrown });
      for (const { failed } of taken) failed(error);
    }
    const ms = clock.now() - began;
    cost.observe(taken.length, ms);
    onRun?.(taken.length, ms);
    running = false;
    step();
  };

  /** Runs what waits, or holds it back where that pays. */
  const step = (): void => {
    if (running || queue.length === 0) return;
    callOff?.();
    callOff = null;
    const now = clock.now();
    const n = queue.length;
    const patience = Math.min(
      worthWaiting(n, Math.max(gap, now - lastArrival), cost),
      queue[0]!.since + maxDelayMs - now,
      ...queue.slice(0, maxBatch).map(({ deadline }) => deadline - now - cost.predict(n + 1)),
    );
    if (n >= maxBatch || !(patience > 0)) void start();
    else callOff = clock.after(patience, () => void start());
  };

  const arrive = (now: number): void => {
    const newest = now - lastArrival;
    gap = Number.isFinite(gap) ? gap + NEWEST * (newest - gap) : newest;
    lastArrival = now;
  };

  return {
    ask: (item, { deadline, signal }) =>
      new Promise<Answer>((done, failed) => {
        if (signal?.aborted) return failed(signal.reason);
        const since = clock.now();
        arrive(since);
        const leave = (): void => {
          queue = queue.filter((other) => other !== entry);
          failed(signal!.reason);
        };
        const settle =
          <T>(then: (value: T) => void) =>
          (value: T): void => {
            signal?.removeEventListener("abort", leave);
            then(value);
          };
        const entry = { item, since, deadline, done: settle(done), failed: settle(failed) };
        signal?.addEventListener("abort", leave, { once: true });
        queue.push(entry);
        step();
      }),
    get waiting() {
      return queue.length;
    },
  };
};
