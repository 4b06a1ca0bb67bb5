import { describe, expect, it } from "vitest";
import type { Pixels } from "../base/preprocess.ts";
import { createRandom } from "../base/random.ts";
import { floats, numbersOf } from "../graph/dtype.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { decodeCycleGan, encodeCycleGan } from "./cycle-gan-checkpoint.ts";
import { buildTranslator } from "./cycle-gan.ts";
import { createImagePool } from "./image-pool.ts";
import { fromPictureTensor, randomCrop, toPictureTensor } from "./picture-tensor.ts";
import {
  cycleGanDefaults,
  linearDecay,
  trainCycleGan,
  type CycleGanProgress,
  type CycleGanSettings,
  type CycleGanTask,
} from "./train-cycle-gan.ts";

const SIDE = 18;
const settings: CycleGanSettings = {
  ...cycleGanDefaults,
  size: 16,
  width: 4,
  blocks: 1,
  halvings: 1,
  epochs: 3,
  pool: 2,
};

/** Pictures with a square somewhere: red in one heap, blue in the other. */
const heap = (count: number, [red, green, blue]: readonly [number, number, number]): Pixels[] =>
  Array.from({ length: count }, (_, i) => {
    const data = new Uint8Array(SIDE * SIDE * 3).fill(60);
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) data.set([red, green, blue], 3 * ((y + 2 + (i % 5)) * SIDE + x + 3 + (i % 4)));
    return { width: SIDE, height: SIDE, data };
  });

const task = (more: Partial<CycleGanTask> = {}): CycleGanTask => ({
  a: heap(4, [220, 40, 40]),
  b: heap(3, [40, 40, 220]),
  settings,
  random: createRandom("cycle-gan"),
  threads: 1,
  ...more,
});

describe("CycleGAN", () => {
  it("learns to turn red squares blue, and back", async () => {
    const longer = { ...settings, width: 8, epochs: 45, rate: 2e-3, pool: 10 };
    const whole = task({ settings: longer, a: heap(8, [220, 40, 40]), b: heap(8, [40, 40, 220]) });
    const { weights, history, stopped } = await trainCycleGan(whole);
    expect(stopped).toBe("finished");
    expect(history.at(-1)!.cycle).toBeLessThan(0.5 * history[0]!.cycle);
    const red = randomCrop(whole.a[0]!, 16, createRandom("look"));
    const session = await openGraph(buildTranslator(longer, { weights, direction: "a-to-b", random: whole.random }));
    const made = numbersOf((await session.run({ pixels: red })).translated!);
    await session.close();
    const mean = (values: readonly number[], channel: number): number =>
      values.slice(256 * channel, 256 * (channel + 1)).reduce((sum, v) => sum + v, 0) / 256;
    expect(mean(numbersOf(red), 0)).toBeGreaterThan(mean(numbersOf(red), 2) + 0.2);
    expect(mean(made, 2)).toBeGreaterThan(mean(made, 0) + 0.1);
  });

  it("goes on from a checkpoint to the same weights, bit for bit", async () => {
    const whole = await trainCycleGan(task());
    const controller = new AbortController();
    let saved: Uint8Array | null = null;
    const broken = await trainCycleGan(
      task({
        signal: controller.signal,
        save: (progress) => Promise.resolve(void (saved = encodeCycleGan(progress, "key"))),
        onStep: (done) => void (done === 6 && controller.abort()),
      }),
    );
    expect(broken.stopped).toBe("interrupted");
    const { key, progress } = decodeCycleGan(saved!);
    expect(key).toBe("key");
    expect(progress.losses.length).toBe(2);
    const steps: number[] = [];
    const resumed = await trainCycleGan(task({ start: progress, onStep: (done) => void steps.push(done) }));
    expect(steps[0]).toBe(7);
    expect(resumed.history).toEqual(whole.history);
    expect(resumed.weights).toEqual(whole.weights);
  });

  it("refuses a checkpoint that is cut off", () => {
    const tensor = floats([2], [1, 2]);
    const snapshot = { steps: 1, tensors: { w: tensor } };
    const progress: CycleGanProgress = {
      generators: snapshot,
      discriminators: snapshot,
      pools: { a: [tensor], b: [] },
      history: [],
      losses: [],
    };
    const bytes = encodeCycleGan(progress, "k");
    expect(decodeCycleGan(bytes).progress).toEqual(progress);
    expect(() => decodeCycleGan(bytes.subarray(0, bytes.length - 3))).toThrow(
      expect.objectContaining({ code: "E_CHECKPOINT" }),
    );
  });
});

it("the rate is held for half of the steps and then falls to 0", () => {
  expect([0, 50, 75, 99].map((step) => linearDecay(step, 100))).toEqual([1, 1, 0.5, expect.closeTo(0.02)]);
});

it("a pool hands out the new picture or one of the last, whose place it takes", () => {
  const pool = createImagePool(2);
  const picture = (i: number) => floats([1], [i]);
  const given = Array.from({ length: 40 }, (_, i) => numbersOf(pool.exchange(picture(i), createRandom(i)))[0]!);
  expect(given.slice(0, 2)).toEqual([0, 1]);
  expect(pool.images.length).toBe(2);
  const fresh = given.filter((value, i) => value === i).length;
  expect(fresh).toBeGreaterThan(12);
  expect(fresh).toBeLessThan(32);
  expect(new Set(given).size).toBe(given.length - 2); // only the first two are judged twice
  const none = createImagePool(0);
  expect([1, 2, 3].map((i) => numbersOf(none.exchange(picture(i), createRandom(i)))[0])).toEqual([1, 2, 3]);
});

it("a picture comes back from its tensor", () => {
  const picture = { width: 2, height: 3, data: Uint8Array.from({ length: 18 }, (_, i) => 15 * i) };
  expect(fromPictureTensor(toPictureTensor(picture))).toEqual(picture);
});

it("cuts parts of a picture, some of them mirrored", () => {
  const data = Uint8Array.from({ length: 27 }, (_, i) => 10 * Math.floor(i / 3)); // pixels 0 … 8, as grey
  const seen = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const crop = numbersOf(randomCrop({ width: 3, height: 3, data }, 2, createRandom(i)));
    expect(crop.slice(0, 4)).toEqual(crop.slice(8));
    seen.add(
      crop
        .slice(0, 4)
        .map((v) => Math.round((v + 1) * 12.75))
        .join(" "),
    );
  }
  expect(seen).toContain("0 1 3 4");
  expect(seen).toContain("5 4 8 7");
  expect(seen.size).toBe(8);
});
