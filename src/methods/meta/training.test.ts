import { describe, expect, it } from "vitest";
import { createRandom } from "../../base/random.ts";
import type { Tensor } from "../../graph/dtype.ts";
import { conv4 } from "../../nn/networks/conv-4.ts";
import type { EpisodeSet } from "../../train/episodic/draw-episodes.ts";
import { openJudge } from "../../train/episodic/episode-judge.ts";
import type { Learner } from "../../train/episodic/learner.ts";
import { trainEpisodic, WEIGHTS } from "../../train/episodic/train-episodic.ts";
import type { Network } from "../../train/from-scratch.ts";
import { adamw } from "../../train/optimisers/adamw.ts";
import { sgd } from "../../train/optimisers/sgd.ts";
import { anil } from "./anil.ts";
import { firstOrderMaml } from "./first-order-maml.ts";
import { maml } from "./maml.ts";
import { reptile } from "./reptile.ts";

const SIDE = 16;

/** Bars at a class's own height and slope, shifted a little and noisy. */
const picture = (label: number, i: number): Uint8Array => {
  const random = createRandom(`bars ${label} ${i}`);
  const [height, slope] = [3 + (label % 4) * 3 + random.uniform(), label < 4 ? 0.4 : -0.4];
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [y, x] = [Math.floor(at / SIDE), at % SIDE];
    return (Math.abs(y - height - slope * (x - SIDE / 2)) < 2 ? 180 : 40) + random.integer(40);
  });
};

const labels = Int32Array.from({ length: 8 * 10 }, (_, i) => Math.floor(i / 10));
const pictures = Array.from(labels, (label, i) => picture(label, i));
const set: EpisodeSet = {
  labels,
  photos: { count: labels.length, name: (i) => `picture ${i}`, pixels: async (i) => pictures[i]! },
};
const shape = { ways: 3, shots: 2, queries: 3, picture: [SIDE, SIDE, 1] as const };
const network: Network = (scope, x) => conv4(scope, x, { width: 6 });
const options = { network, steps: 2, rate: 0.1 };

/** Mean accuracy on episodes, normalised by their own moments, after some steps of training. */
const accuracyAfter = async (learner: Learner, steps: number): Promise<number> => {
  const random = createRandom(1);
  const isReptile = learner.name === "reptile";
  const { weights } = await trainEpisodic({
    learner,
    ...set,
    shape: { ...shape, tasks: 2 },
    steps,
    stepsPerEpoch: steps,
    optimiser: isReptile ? sgd({ momentum: 0, weightDecay: 0 }) : adamw(),
    rate: isReptile ? 1 : 1e-2,
    clipNorm: isReptile ? null : 10,
    random,
    threads: 1,
  });
  return judged(learner, weights);
};

const judged = async (learner: Learner, weights: Readonly<Record<string, Tensor>>): Promise<number> => {
  const random = createRandom(1).fork(WEIGHTS);
  const judge = await openJudge(learner, set, { shape, phase: "training", random, threads: 1 });
  const { accuracies } = await judge.ask(weights, 30, createRandom("test"));
  await judge.close();
  return accuracies.reduce((a, b) => a + b) / accuracies.length;
};

describe("through convolutions, normalisation and pooling", () => {
  it.each([maml(options), firstOrderMaml(options), anil(options), reptile(options)])(
    "$name learns to adapt",
    async (learner) => {
      const [before, after] = [await accuracyAfter(learner, 1), await accuracyAfter(learner, 60)];
      expect(after).toBeGreaterThan(before + 0.15);
      expect(after).toBeGreaterThan(0.55);
    },
    300_000,
  );
});
