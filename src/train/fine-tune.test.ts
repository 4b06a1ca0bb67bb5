import { describe, expect, it } from "vitest";
import { argmax, rowOf } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { numbersOf } from "../graph/dtype.ts";
import { Graph } from "../graph/graph.ts";
import { createScope } from "../nn/layers/scope.ts";
import { meanSquaredError } from "../nn/losses/mean-squared-error.ts";
import { conv4 } from "../nn/networks/conv-4.ts";
import { cast } from "../ops/cast.ts";
import { matmul } from "../ops/matmul.ts";
import { mul } from "../ops/mul.ts";
import { softmax } from "../ops/softmax.ts";
import { transpose } from "../ops/transpose.ts";
import { openGraph } from "../runtime/graph-session.ts";
import type { Photos } from "./activations.ts";
import type { ConsistencyMethod } from "./consistency/consistency-method.ts";
import {
  fineTuneDefaults,
  openFineTuner,
  type FineTuned,
  type FineTuneSettings,
  type FineTuneTask,
  type StagedProgress,
} from "./fine-tune.ts";
import { decodeProgress, encodeProgress } from "./loop.ts";

const [SIDE, WAYS, COUNT, BATCH] = [16, 3, 36, 6];

/** A network that has learned nothing yet: `pixels` -> [6, 8]. */
const embedder = (): Graph => {
  const g = new Graph("network");
  const pixels = g.input("pixels", "uint8", [BATCH, SIDE, SIDE, 3]);
  const x = mul(g, transpose(g, cast(g, pixels, "float32"), [0, 3, 1, 2]), 1 / 255);
  const scope = createScope(g, {
    phase: "inference",
    random: createRandom(1),
    stand: ({ name, tensor }) => g.constant(tensor, name),
  });
  g.output(conv4(scope, x, { width: 8 }), "embedding");
  return g;
};

/** Stripes of three directions, at places drawn by lot, under noise. */
const picture = (index: number): Uint8Array => {
  const random = createRandom(`picture ${index}`);
  const phase = random.integer(4);
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const along = [x, y, x + y][index % WAYS]! + phase;
    return (along % 4 < 2 ? 170 : 70) + random.integer(60);
  });
};

const photos: Photos = { count: COUNT, name: (i) => `${i}.png`, pixels: async (i) => picture(i) };
const labels = Int32Array.from({ length: COUNT }, (_, i) => i % WAYS);
const all = Array.from(labels.keys());
const [learned, held] = [all.slice(0, 24), all.slice(24)];

const settings = (own: Partial<FineTuneSettings> = {}): FineTuneSettings => ({
  ...fineTuneDefaults,
  depth: "all",
  epochs: 6,
  batch: BATCH,
  rates: { lowest: 3e-3, head: 1e-2 },
  ...own,
});

const task = (own: Partial<FineTuneTask> = {}): FineTuneTask => ({
  rows: learned,
  labels,
  ways: WAYS,
  settings: settings(),
  random: createRandom("fine-tuning"),
  ...own,
});

const open = (cacheBytes?: number) =>
  openFineTuner(embedder(), photos, { threads: 1, ...(cacheBytes !== undefined && { cacheBytes }) });

const meanSquares: ConsistencyMethod = {
  name: "squares",
  paper: "",
  studentView: "strong",
  defaults: { weight: 1, ratio: 2, averaging: 0.8, rampUp: 0.5 },
  losses: ({ g }, { student, teacher }) => meanSquaredError(g, softmax(g, student), softmax(g, teacher)),
};

describe("fine-tuning", () => {
  it("learns what the frozen network does not show, and says the same through the graph it gives", async () => {
    const tuner = await open();
    const tuned = await tuner.tune(task({ settings: settings({ epochs: 40 }), validation: held }));
    const scores = await tuner.score(tuned, held);
    expect(held.filter((row, i) => argmax(rowOf(scores, i)) === labels[row]).length).toBeGreaterThanOrEqual(11);
    const headOnly = await tuner.tune(task({ settings: settings({ epochs: 40, depth: "head" }) }));
    const before = await tuner.score(headOnly, held);
    expect(held.filter((row, i) => argmax(rowOf(before, i)) === labels[row]).length).toBeLessThan(11);

    const session = await openGraph(tuner.graph(tuned));
    const data = Uint8Array.from(held.slice(0, BATCH).flatMap((row) => [...picture(row)]));
    const { embedding } = await session.run({ pixels: { dtype: "uint8", shape: [BATCH, SIDE, SIDE, 3], data } });
    const features = numbersOf(embedding!).slice(0, 8);
    const [weights, bias] = [numbersOf(tuned.head.weights), numbersOf(tuned.head.bias)];
    bias.forEach((b, c) => {
      const score = features.reduce((sum, f, i) => sum + f * weights[i * WAYS + c]!, b);
      expect(rowOf(scores, 0)[c]).toBeCloseTo(score, 4);
    });
    await session.close();
    await tuner.close();
  });

  it("leaves what is frozen as it was", async () => {
    const tuner = await open();
    const { weights } = await tuner.tune(task({ settings: settings({ depth: { last: 1 } }) }));
    expect(Object.keys(weights).every((name) => name.startsWith("block4/"))).toBe(true);
    expect(Object.keys(weights)).toContain("block4/conv/weight");
    await expect(tuner.tune(task({ settings: settings({ depth: { last: 9 } }) }))).rejects.toMatchObject({
      message: "blocks to train: wanted a whole number from 1 to 4, got 9",
    });
    await tuner.close();
  });

  it("gradual unfreezing opens the head first, then one block more from the top every epoch", async () => {
    const tuner = await open();
    const seen: string[] = [];
    const { weights, history } = await tuner.tune(
      task({
        settings: settings({ unfreezing: "gradual" }),
        onEpoch: ({ stage, stages, epoch }) => seen.push(`${stage} of ${stages}, ${epoch}`),
      }),
    );
    expect(seen).toEqual(["0 of 5, 1", "1 of 5, 1", "2 of 5, 1", "3 of 5, 1", "4 of 5, 1", "4 of 5, 2"]);
    expect(history.length).toBe(2);
    expect(Object.keys(weights)).toContain("block1/conv/weight");
    await tuner.close();
  });

  it("keeps the best epoch of those held out, and stops when they get no better", async () => {
    const tuner = await open();
    const { history, stopped, bestEpoch } = await tuner.tune(
      task({ validation: held, settings: settings({ epochs: 60, patience: 2 }) }),
    );
    const fares = history.map((epoch) => epoch.validation!);
    const best = [...fares].sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss)[0]!;
    expect(fares[bestEpoch! - 1]).toEqual(best);
    if (stopped === "early") expect(history.length).toBe(bestEpoch! + 2);
    else expect(history.length).toBe(60);
    await tuner.close();
  });

  it.each(["together", "gradual"] as const)(
    "broken off and taken up again (%s), it ends at the same weights",
    async (unfreezing) => {
      const tuner = await open();
      const whole = await tuner.tune(task({ settings: settings({ unfreezing }), validation: held }));
      // broken off after each epoch in turn: the state goes through bytes
      let kept = null as { readonly bytes: Uint8Array; readonly stage: number } | null;
      let result: FineTuned | null = null;
      for (let again = true; again; again = result?.stopped === "interrupted") {
        const controller = new AbortController();
        const start: StagedProgress | null = kept && {
          stage: kept.stage,
          progress: decodeProgress(kept.bytes).progress,
        };
        result = await tuner.tune(
          task({
            settings: settings({ unfreezing }),
            validation: held,
            ...(start && { start }),
            signal: controller.signal,
            onEpoch: () => controller.abort(),
            save: async ({ stage, progress }) => void (kept = { stage, bytes: encodeProgress(progress, "key") }),
          }),
        );
      }
      expect(result?.weights).toEqual(whole.weights);
      expect(result?.head).toEqual(whole.head);
      await tuner.close();
    },
  );

  it("ends in time", async () => {
    const tuner = await open();
    let clock = 0;
    const { history, stopped } = await tuner.tune(
      task({ settings: settings({ epochs: 1000 }), deadline: { now: () => (clock += 10), endsAt: 500 } }),
    );
    expect(stopped).toBe("time");
    expect(history.length).toBeGreaterThan(0);
    expect(history.length).toBeLessThan(1000);
    await tuner.close();
  });

  it("refuses a label outside the classes before the first step", async () => {
    const tuner = await open();
    const wrong = labels.slice();
    wrong[5] = 7;
    await expect(tuner.tune(task({ labels: wrong }))).rejects.toMatchObject({
      code: "E_LABEL_RANGE",
      message: "picture 5: wanted a class index in 0 .. 2, got 7",
    });
    await tuner.close();
  });

  it("refuses weights that are not float32, and says where to freeze", async () => {
    const g = embedder();
    const half = cast(g, g.outputs.pop()!, "float16");
    const weights = g.constant({ dtype: "float16", shape: [8, 8], data: new Uint16Array(64) }, "half/weight");
    g.output(cast(g, matmul(g, half, weights), "float32"), "embedding");
    const tuner = await openFineTuner(g, photos, { threads: 1 });
    await expect(tuner.tune(task())).rejects.toMatchObject({
      code: "E_PARAMETER_TYPE",
      message: expect.stringContaining('"half/weight"') as string,
    });
    await tuner.close();
  });

  it("frozen activations too many to keep are computed anew, to the same weights", async () => {
    const settingsOfTop = settings({ depth: { last: 1 } });
    const [kept, anew] = [await open(), await open(0)];
    const [a, b] = [
      await kept.tune(task({ settings: settingsOfTop })),
      await anew.tune(task({ settings: settingsOfTop })),
    ];
    numbersOf(a.head.weights).forEach((w, i) => expect(numbersOf(b.head.weights)[i]).toBeCloseTo(w, 4));
    await kept.close();
    await anew.close();
  });

  it("learns from pictures without labels too, through the averaged weights, and never looks at their labels", async () => {
    const tuner = await open();
    const unlabelled = { method: meanSquares, options: meanSquares.defaults, rows: learned.slice(6) };
    const hidden = labels.map((label, i) => (i < 6 || held.includes(i) ? label : -1));
    const own = { rows: learned.slice(0, 6), validation: held, unlabelled };
    const tuned = await tuner.tune(task({ ...own, settings: settings({ epochs: 30 }) }));
    const again = await tuner.tune(task({ ...own, labels: hidden, settings: settings({ epochs: 30 }) }));
    expect(again.head).toEqual(tuned.head);
    const scores = await tuner.score(tuned, held);
    expect(held.filter((row, i) => argmax(rowOf(scores, i)) === labels[row]).length / held.length).toBeGreaterThan(0.6);
    await tuner.close();
  });
});
