import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import { sizeOf, type Tensor } from "../../graph/dtype.ts";
import { conv4 } from "../../nn/networks/conv-4.ts";
import { openGraph } from "../../runtime/graph-session.ts";
import { decodeProgress, encodeProgress, type Progress } from "../loop.ts";
import { adamw } from "../optimisers/adamw.ts";
import { drawEpisodes, type EpisodeSet } from "./draw-episodes.ts";
import { buildEpisodes, PIXELS } from "./episode-graph.ts";
import { openJudge } from "./episode-judge.ts";
import { prototypical } from "./prototypical.ts";
import { trainEpisodic, WEIGHTS, type EpisodicTask } from "./train-episodic.ts";

const SIDE = 16;
const PER_CLASS = 12;

/** Stripes: classes differ in direction and width, pictures in shift and brightness. */
const picture = (label: number, i: number): Uint8Array => {
  const random = createRandom(`stripes ${label} ${i}`);
  const [angle, width] = [(Math.PI * (label % 7)) / 7, 2 + (label % 3)];
  const [shift, light] = [random.uniform() * 8, 120 + random.integer(100)];
  const out = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const along = x * Math.cos(angle) + y * Math.sin(angle) + shift;
      out[y * SIDE + x] = Math.floor(along / width) % 2 === 0 ? light : 20 + random.integer(20);
    }
  return out;
};

const setOf = (classes: readonly number[]): EpisodeSet => {
  const labels = Int32Array.from(classes.flatMap((_, c) => new Array<number>(PER_CLASS).fill(c)));
  const all = Array.from(labels, (c, i) => picture(classes[c]!, i));
  return { labels, photos: { count: all.length, name: (i) => `picture ${i}`, pixels: async (i) => all[i]! } };
};

const [train, held] = [setOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), setOf([12, 13, 14, 15, 16, 17])];
const shape = { ways: 5, shots: 2, queries: 3, picture: [SIDE, SIDE, 1] as const };
const learner = prototypical((scope, x) => conv4(scope, x, { width: 8 }), { scale: 0.2 });

const task = (changes: Partial<EpisodicTask> = {}): EpisodicTask => ({
  learner,
  ...train,
  shape,
  steps: 40,
  stepsPerEpoch: 10,
  optimiser: adamw(),
  rate: 5e-3,
  random: createRandom(1),
  threads: 1,
  ...changes,
});

const same = (a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, t]) => Buffer.compare(bytesOf(t), bytesOf(b[name]!)) === 0);
const bytesOf = ({ data }: Tensor): Uint8Array => new Uint8Array((data as Float32Array).slice().buffer);

describe("episodes", () => {
  it("come way by way, support before queries, in an order of classes drawn by lot", () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const rows = drawEpisodes(train.labels, { ...shape, tasks: 2 }, createRandom(seed));
      expect(rows.length).toBe(2 * 5 * 5);
      for (const own of [rows.slice(0, 25), rows.slice(25)]) {
        expect(new Set(own).size).toBe(25);
        const classes = own.map((row) => train.labels[row]!);
        const ways = Array.from({ length: 5 }, (_, way) => classes[2 * way]!);
        expect(classes).toEqual([...ways.flatMap((c) => [c, c]), ...ways.flatMap((c) => [c, c, c])]);
        firsts.add(ways.indexOf(Math.min(...ways)));
      }
    }
    expect(firsts.size).toBe(5);
  });

  it("of several tasks give the losses of each alone, over one set of parameters", async () => {
    const build = (tasks: number) => {
      const built = buildEpisodes(learner, { ...shape, tasks }, { phase: "training", random: createRandom(2) });
      built.g.output(built.losses, "losses");
      return built;
    };
    const [two, one] = [build(2), build(1)];
    expect(two.declared.parameters.map((p) => p.name)).toEqual(one.declared.parameters.map((p) => p.name));
    const weights = Object.fromEntries(one.declared.parameters.map((p) => [p.name, p.tensor]));
    const pixels = async (rows: number[]): Promise<Tensor> => ({
      dtype: "uint8",
      shape: [rows.length, SIDE, SIDE, 1],
      data: Uint8Array.from((await Promise.all(rows.map((i) => train.photos.pixels(i, 0)))).flatMap((p) => [...p])),
    });
    const rows = drawEpisodes(train.labels, { ...shape, tasks: 2 }, createRandom(4));
    const [both, single] = [await openGraph(two.g), await openGraph(one.g)];
    const feeds = async (part: number[]) => ({ ...weights, [PIXELS]: await pixels(part) });
    const losses = (await both.run(await feeds(rows))).losses!.data as Float32Array;
    for (const i of [0, 1]) {
      const alone = (await single.run(await feeds(rows.slice(25 * i, 25 * (i + 1))))).losses!.data as Float32Array;
      alone.forEach((v, j) => expect(losses[15 * i + j]).toBeCloseTo(v, 4));
    }
    await both.close();
    await single.close();
  });

  it("refuse sets that are too small for them, by name", async () => {
    await expect(trainEpisodic(task({ shape: { ...shape, ways: 13 } }))).rejects.toThrow(
      expect.objectContaining({ code: "E_FEW_CLASSES" }),
    );
    await expect(trainEpisodic(task({ shape: { ...shape, queries: 11 } }))).rejects.toThrow(
      expect.objectContaining({ code: "E_FEW_PHOTOS" }),
    );
  });
});

describe("training by episodes", () => {
  it("learns to tell classes that it never saw", async () => {
    const random = createRandom(1);
    const { weights } = await trainEpisodic(task({ steps: 150, stepsPerEpoch: 50 }));
    const { declared } = buildEpisodes(learner, shape, { phase: "training", random: random.fork(WEIGHTS) });
    const first = Object.fromEntries(declared.parameters.map((p) => [p.name, p.tensor]));
    const judge = await openJudge(learner, held, { shape, phase: "inference", random: random.fork(WEIGHTS) });
    const ask = async (w: Readonly<Record<string, Tensor>>) => {
      const { accuracies } = await judge.ask(w, 40, createRandom("test"));
      return accuracies.reduce((a, b) => a + b) / accuracies.length;
    };
    const [before, after] = [await ask(first), await ask(weights)];
    await judge.close();
    expect(after).toBeGreaterThan(before + 0.1);
    expect(after).toBeGreaterThan(0.8);
  });

  it("is the same twice, and when broken off and taken up again, bit for bit", async () => {
    const validation = { ...held, shape, episodes: 5 };
    const whole = await trainEpisodic(task({ validation }));
    const again = await trainEpisodic(task({ validation }));
    expect(same(whole.weights, again.weights)).toBe(true);
    let kept: Uint8Array | null = null;
    const breaking = new AbortController();
    let steps = 0;
    const breakingOff: EpisodeSet["photos"] = {
      ...train.photos,
      pixels: async (i, view) => {
        if (++steps === 25 * 17) breaking.abort();
        return train.photos.pixels(i, view);
      },
    };
    const save = async (progress: Progress): Promise<void> => {
      kept = encodeProgress(progress, "key");
    };
    const broken = await trainEpisodic(task({ validation, photos: breakingOff, signal: breaking.signal, save }));
    expect(broken.stopped).toBe("interrupted");
    const { progress } = decodeProgress(kept!);
    expect(progress.snapshot.steps).toBeLessThan(40);
    const resumed = await trainEpisodic(task({ validation, start: progress }));
    expect(resumed.history).toEqual(whole.history);
    expect(same(whole.weights, resumed.weights)).toBe(true);
    expect(Object.values(whole.weights).every((t) => t.data.length === sizeOf(t.shape))).toBe(true);
  });

  it("keeps the weights of the epoch that validation episodes like best", async () => {
    const validation = { ...held, shape, episodes: 10 };
    const { history, bestEpoch } = await trainEpisodic(task({ validation }));
    const accuracies = history.map((record) => record.validation!.accuracy);
    expect(accuracies[bestEpoch! - 1]).toBe(Math.max(...accuracies));
  });

  it("starts from given weights", async () => {
    const { weights } = await trainEpisodic(task({ steps: 10 }));
    const still = await trainEpisodic(task({ steps: 10, rate: 0, optimiser: adamw(), weights }));
    expect(same(trainable(weights), trainable(still.weights))).toBe(true);
  });
});

const trainable = (weights: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(weights).filter(([name]) => !/(mean|variance)$/.test(name)));
