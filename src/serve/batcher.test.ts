import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { createRandom } from "../base/random.ts";
import { createBatcher, worthWaiting, type Batcher, type Clock } from "./batcher.ts";
import { createCostModel, type CostModel } from "./cost-model.ts";

/** A clock that a test turns by hand; promises settle between its ticks. */
const fakeClock = (): Clock & { turn(ms: number): Promise<void> } => {
  let now = 0;
  let timers: { at: number; then: () => void }[] = [];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return {
    now: () => now,
    after: (ms, then) => {
      const timer = { at: now + ms, then };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    turn: async (ms) => {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.then();
        await settle();
      }
      now = end;
      await settle();
    },
  };
};

/** A cost that does not learn. */
const knownCost = (perItemMs: number, fixedMs: number): CostModel => ({
  observe: () => undefined,
  predict: (n) => perItemMs * n + fixedMs,
  doubt: () => undefined,
  perItemMs,
  fixedMs,
});

interface Bench {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly batcher: Batcher<string, string>;
  readonly runs: string[][];
}

/** An engine that takes `perItem n + fixed` and answers in capitals; "poison" fails alone, "bomb" fails the run. */
const bench = (
  perItem: number,
  fixed: number,
  options: { maxBatch?: number; maxDelayMs?: number; cost?: CostModel } = {},
): Bench => {
  const clock = fakeClock();
  const runs: string[][] = [];
  const batcher = createBatcher<string, string>({
    clock,
    cost: options.cost ?? knownCost(perItem, fixed),
    maxBatch: options.maxBatch ?? 8,
    maxDelayMs: options.maxDelayMs ?? 1000,
    run: async (items) => {
      runs.push([...items]);
      await new Promise<void>((done) => clock.after(perItem * items.length + fixed, done));
      if (items.includes("bomb")) throw new Error("boom");
      return items.map((item) =>
        item === "poison" ? new HandfulError("damaged", "E_MODEL_NAN", "not finite") : item.toUpperCase(),
      );
    },
  });
  return { clock, batcher, runs };
};

const FAR = 1e9;
const codeOf = (thrown: unknown): string => (thrown instanceof HandfulError ? thrown.code : String(thrown));
/** The answer, or the code of the error. */
const outcome = (asked: Promise<string>): Promise<string> => asked.catch(codeOf);

describe("worthWaiting", () => {
  it("weighs the fixed cost saved against the wait of all, by hand: 10 > 2 gap + 1 × 2, so up to 4 ms", () => {
    const cost = knownCost(2, 10);
    expect(worthWaiting(1, 3.9, cost)).toBe(4);
    expect(worthWaiting(1, 4.1, cost)).toBe(0);
    // three wait: 10 > 4 gap + 6
    expect(worthWaiting(3, 0.9, cost)).toBe(1);
    expect(worthWaiting(3, 1.1, cost)).toBe(0);
  });

  it("never waits where runs have no fixed cost, or nobody is expected", () => {
    expect(worthWaiting(1, 0, knownCost(2, 0))).toBeLessThanOrEqual(0);
    expect(worthWaiting(1, Infinity, knownCost(2, 100))).toBe(0);
  });
});

describe("a batcher", () => {
  it("runs a lone item at once", async () => {
    const { clock, batcher, runs } = bench(1, 10);
    const asked = batcher.ask("a", { deadline: FAR });
    await clock.turn(0);
    expect(runs).toEqual([["a"]]);
    await clock.turn(11);
    expect(await asked).toBe("A");
  });

  it("gathers what comes during a run, and answers each its own", async () => {
    const { clock, batcher, runs } = bench(1, 0, { maxBatch: 3 });
    const answers = ["a", "b", "c", "d", "e"].map((item) => batcher.ask(item, { deadline: FAR }));
    await clock.turn(100);
    expect(runs).toEqual([["a"], ["b", "c", "d"], ["e"]]);
    expect(await Promise.all(answers)).toEqual(["A", "B", "C", "D", "E"]);
  });

  it("holds items back while arrivals are dense and runs dear, and no longer than that pays", async () => {
    // an arrival each millisecond; waiting for a second pays up to 9 ms: (20 - 1 × 2) / 2
    const { clock, batcher, runs } = bench(0.1, 0, { cost: knownCost(2, 20), maxBatch: 64 });
    for (let i = 0; i < 40; i++) {
      void batcher.ask(`warm${i}`, { deadline: FAR });
      await clock.turn(1);
    }
    await clock.turn(100);
    void batcher.ask("late", { deadline: FAR });
    await clock.turn(0);
    expect(runs.at(-1)).toEqual(["late"]); // the pause before it promised nobody
    for (let i = 0; i < 40; i++) {
      void batcher.ask(`again${i}`, { deadline: FAR });
      await clock.turn(1);
    }
    await clock.turn(7);
    runs.length = 0;
    void batcher.ask("a", { deadline: FAR });
    await clock.turn(1);
    expect(runs).toEqual([]);
    await clock.turn(9);
    expect(runs).toEqual([["a"]]);
  });

  it("never holds back longer than maxDelayMs", async () => {
    // runs seem so dear that waiting for company would pay for hundreds of milliseconds
    const { clock, batcher, runs } = bench(0, 1, { cost: knownCost(0, 1000), maxDelayMs: 5, maxBatch: 64 });
    for (let i = 0; i < 40; i++) {
      void batcher.ask(`warm${i}`, { deadline: FAR });
      await clock.turn(1);
    }
    await clock.turn(7);
    runs.length = 0;
    void batcher.ask("a", { deadline: FAR });
    await clock.turn(2);
    void batcher.ask("b", { deadline: FAR });
    await clock.turn(2);
    expect(runs).toEqual([]);
    await clock.turn(1);
    expect(runs).toEqual([["a", "b"]]);
  });

  it("answers E_DEADLINE without a run when the deadline passed in the queue", async () => {
    const { clock, batcher, runs } = bench(0, 100);
    const first = outcome(batcher.ask("a", { deadline: FAR }));
    const late = outcome(batcher.ask("b", { deadline: 50 }));
    await clock.turn(300);
    expect(await Promise.all([first, late])).toEqual(["A", "E_DEADLINE"]);
    expect(runs).toEqual([["a"]]);
  });

  it("makes runs small enough for the most urgent in them", async () => {
    const { clock, batcher, runs } = bench(10, 0, { maxBatch: 8 });
    const answers = [
      batcher.ask("a", { deadline: FAR }),
      batcher.ask("urgent", { deadline: 25 }),
      batcher.ask("c", { deadline: FAR }),
      batcher.ask("d", { deadline: FAR }),
    ];
    await clock.turn(100);
    expect(runs).toEqual([["a"], ["urgent"], ["c", "d"]]);
    expect(await Promise.all(answers)).toEqual(["A", "URGENT", "C", "D"]);
  });

  it("comes back from a wrong idea that nothing can be answered in time", async () => {
    const cost = createCostModel();
    for (let i = 0; i < 10; i++) cost.observe(1, 1000);
    const { clock, batcher } = bench(1, 0, { cost });
    const answers: Promise<string>[] = [];
    for (let i = 0; i < 60; i++) {
      answers.push(outcome(batcher.ask("a", { deadline: clock.now() + 100 })));
      await clock.turn(10);
    }
    const said = await Promise.all(answers);
    expect(said[0]).toBe("E_DEADLINE");
    expect(said.at(-1)).toBe("A");
  });

  it("takes an item out when nobody waits for it any more", async () => {
    const { clock, batcher, runs } = bench(0, 100);
    void batcher.ask("a", { deadline: FAR });
    const controller = new AbortController();
    const left = outcome(batcher.ask("b", { deadline: FAR, signal: controller.signal }));
    await clock.turn(10);
    expect(batcher.waiting).toBe(1);
    controller.abort(new HandfulError("interrupted", "E_LEFT", "the client left"));
    expect(await left).toBe("E_LEFT");
    expect(batcher.waiting).toBe(0);
    await clock.turn(500);
    expect(runs).toEqual([["a"]]);
    expect(await outcome(batcher.ask("c", { deadline: FAR, signal: controller.signal }))).toBe("E_LEFT");
  });

  it("gives an error to the item that earned it, and to all when the run fails, and goes on", async () => {
    const { clock, batcher } = bench(1, 0);
    const answers = ["a", "b", "poison", "c"].map((item) => outcome(batcher.ask(item, { deadline: FAR })));
    await clock.turn(100);
    expect(await Promise.all(answers)).toEqual(["A", "B", "E_MODEL_NAN", "C"]);
    const failed = outcome(batcher.ask("bomb", { deadline: FAR }));
    await clock.turn(100);
    expect(await failed).toBe("E_INTERNAL");
    const next = batcher.ask("d", { deadline: FAR });
    await clock.turn(100);
    expect(await next).toBe("D");
  });

  it("answers every item exactly once under random load, in time or with E_DEADLINE", async () => {
    const random = createRandom(7);
    const { clock, batcher, runs } = bench(3, 5, { maxBatch: 6 });
    const answers: Promise<{ item: string; said: string; at: number; deadline: number }>[] = [];
    for (let i = 0; i < 400; i++) {
      const item = `item${i}`;
      const deadline = clock.now() + 10 + random.integer(60);
      answers.push(
        outcome(batcher.ask(item, { deadline })).then((said) => ({ item, said, at: clock.now(), deadline })),
      );
      await clock.turn(random.integer(8));
    }
    await clock.turn(10_000);
    const said = await Promise.all(answers);
    const done = said.filter((s) => s.said !== "E_DEADLINE");
    expect(done.every((s) => s.said === s.item.toUpperCase() && s.at <= s.deadline)).toBe(true);
    expect(runs.flat().sort()).toEqual(done.map((s) => s.item).sort());
    expect(runs.every((run) => run.length <= 6)).toBe(true);
    expect(done.length).toBeGreaterThan(200);
    expect(done.length).toBeLessThan(400);
  });
});
