import type { Pixels } from "../base/preprocess.ts";
import { shuffled, type Random } from "../base/random.ts";
import type { Tensor } from "../graph/dtype.ts";
import {
  buildDiscriminatorStep,
  buildGeneratorStep,
  JUDGED,
  LOSS_PARTS,
  MADE,
  PARTS,
  REAL,
  type CycleGanNetworks,
  type CycleGanWeights,
} from "./cycle-gan.ts";
import { createImagePool, type ImagePool } from "./image-pool.ts";
import { adamw } from "./optimisers/adamw.ts";
import { randomCrop } from "./picture-tensor.ts";
import { openStepper, type Snapshot, type Stepper } from "./step.ts";

export interface CycleGanSettings extends CycleGanNetworks, CycleGanWeights {
  readonly epochs: number;
  /** Learning rate of both steps, held for the first half of the epochs, then falling to 0 in a line. */
  readonly rate: number;
  /** Pictures that each discriminator's pool holds. */
  readonly pool: number;
}

/** Small enough for minutes without a GPU; losses, rates and pool as in the paper (sections 4 and 5.2). */
export const cycleGanDefaults: CycleGanSettings = {
  size: 64,
  width: 16,
  blocks: 4,
  halvings: 2,
  cycle: 10,
  identity: 5,
  epochs: 80,
  rate: 2e-4,
  pool: 50,
};

/** Mean losses of an epoch or a step: parts unweighted, summed over both ways; `discriminator` the mean of the two. */
export type CycleGanLosses = Readonly<Record<(typeof LOSS_PARTS)[number] | "generator" | "discriminator", number>>;

/** Where a training stands; another process goes on from it to the same weights, bit for bit. */
export interface CycleGanProgress {
  readonly generators: Snapshot;
  readonly discriminators: Snapshot;
  readonly pools: { readonly a: readonly Tensor[]; readonly b: readonly Tensor[] };
  readonly history: readonly CycleGanLosses[];
  /** Of the steps of the unfinished epoch. */
  readonly losses: readonly CycleGanLosses[];
}

export interface CycleGanTask {
  /** Photos, slightly larger than the networks' size, from which parts are cut at random. */
  readonly a: readonly Pixels[];
  readonly b: readonly Pixels[];
  readonly settings: CycleGanSettings;
  readonly random: Random;
  readonly threads?: number;
  readonly start?: CycleGanProgress;
  /** Called after every epoch and where the training is broken off. */
  readonly save?: (progress: CycleGanProgress) => Promise<void>;
  /** Breaks off after the step at hand. */
  readonly signal?: AbortSignal;
  readonly onStep?: (done: number, total: number) => void;
  readonly onEpoch?: (epoch: number, losses: CycleGanLosses) => void;
}

export interface CycleGanResult {
  /** Weights of both generators, by the names of the step. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly history: readonly CycleGanLosses[];
  readonly stopped: "finished" | "interrupted";
}

type Side = "a" | "b";
const SIDES: readonly Side[] = ["a", "b"];

/** Factor of the rate: 1 for the first half, then a line down to 0. */
export const linearDecay = (step: number, total: number): number => Math.min(1, 2 * (1 - step / total));

/** Photos by step, both sides in an order of lot; the shorter side begins again. */
const pairAt = ({ a, b, settings, random }: CycleGanTask, epoch: number, step: number): Record<Side, Tensor> => {
  const stream = random.fork(`epoch/${epoch}`);
  const pick = (photos: readonly Pixels[], side: Side): Tensor => {
    const order = shuffled(photos, stream.fork(`${side}/${Math.floor(step / photos.length)}`));
    return randomCrop(order[step % photos.length]!, settings.size, stream.fork(`${side}/crop/${step}`));
  };
  return { a: pick(a, "a"), b: pick(b, "b") };
};

const copyOf = (tensor: Tensor): Tensor => ({ ...tensor, data: (tensor.data as Float32Array).slice() });

const meanOf = (losses: readonly CycleGanLosses[]): CycleGanLosses => {
  const keys = ["generator", "discriminator", ...LOSS_PARTS] as const;
  const mean = (key: (typeof keys)[number]): number => losses.reduce((sum, l) => sum + l[key], 0) / losses.length;
  return Object.fromEntries(keys.map((key) => [key, mean(key)])) as CycleGanLosses;
};

/** Both networks' steps, opened; the whole game with its pools. */
interface Game {
  readonly generators: Stepper;
  readonly discriminators: Stepper;
  readonly pools: Readonly<Record<Side, ImagePool>>;
}

const openGame = async ({ settings, random, threads, start }: CycleGanTask): Promise<Game> => {
  const optimiser = adamw({ beta1: 0.5, beta2: 0.999, weightDecay: 0 });
  const options = { optimiser, clipNorm: null, ...(threads !== undefined && { threads }) };
  const weights = random.fork("weights");
  const generators = await openStepper(buildGeneratorStep(settings, settings, weights), options);
  const discriminators = await openStepper(buildDiscriminatorStep(settings, weights), options);
  if (start) {
    generators.restore(start.generators);
    discriminators.restore(start.discriminators);
  }
  const pool = (side: Side): ImagePool => createImagePool(settings.pool, start?.pools[side]);
  return { generators, discriminators, pools: { a: pool("a"), b: pool("b") } };
};

/** One step of the generators against the discriminators as they are, then one of these. */
const play = async (game: Game, task: CycleGanTask, at: { epoch: number; step: number; rate: number }) => {
  const { generators, discriminators, pools } = game;
  const pair = pairAt(task, at.epoch, at.step);
  const feeds = { [REAL.a]: pair.a, [REAL.b]: pair.b };
  const rates = (stepper: Stepper): Record<string, number> =>
    Object.fromEntries(stepper.groups.map((group) => [group, at.rate]));
  const names = [`epoch ${at.epoch + 1}, step ${at.step + 1}`];
  const made = await generators.run({ feeds: { ...feeds, ...discriminators.weights() }, names }, rates(generators));
  const out = generators.weights();
  const stream = task.random.fork(`pool/${at.epoch}/${at.step}`);
  const judged = SIDES.map((side) => [JUDGED[side], pools[side].exchange(copyOf(out[MADE[side]]!), stream.fork(side))]);
  const judge = { feeds: { ...feeds, ...(Object.fromEntries(judged) as Record<string, Tensor>) }, names };
  const { loss } = await discriminators.run(judge, rates(discriminators));
  const parts = Array.from(out[PARTS]!.data as Float32Array);
  const named = Object.fromEntries(LOSS_PARTS.map((name, i) => [name, parts[i]!]));
  return { ...named, generator: made.loss, discriminator: loss } as CycleGanLosses;
};

const generatorWeights = (stepper: Stepper): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(stepper.weights()).flatMap(([name, tensor]) =>
      name.startsWith("a-to-b/") || name.startsWith("b-to-a/") ? [[name, copyOf(tensor)]] : [],
    ),
  );

const progressOf = (
  { generators, discriminators, pools }: Game,
  history: readonly CycleGanLosses[],
  losses: readonly CycleGanLosses[],
): CycleGanProgress => ({
  generators: generators.snapshot(),
  discriminators: discriminators.snapshot(),
  pools: { a: [...pools.a.images], b: [...pools.b.images] },
  history,
  losses,
});

/**
 * Trains CycleGAN on two heaps of photos that nobody has paired: two generators and their two judges, a picture of each
 * heap a step.
 *
 * Differs from the paper: `cycleGanDefaults` has networks of a quarter of the width, for pictures of 64 px.
 * @throws HandfulError E_LOSS_NAN when a loss is not finite any more
 * @see Zhu et al. 2017, sections 4 and 7. https://arxiv.org/abs/1703.10593
 */
export const trainCycleGan = async (task: CycleGanTask): Promise<CycleGanResult> => {
  const { settings, start, signal } = task;
  const stepsPerEpoch = Math.max(task.a.length, task.b.length);
  const total = settings.epochs * stepsPerEpoch;
  const history = [...(start?.history ?? [])];
  let losses = [...(start?.losses ?? [])];
  const game = await openGame(task);
  const save = async (): Promise<void> => task.save?.(progressOf(game, [...history], [...losses]));
  const end = (stopped: CycleGanResult["stopped"]): CycleGanResult => ({
    weights: generatorWeights(game.generators),
    history,
    stopped,
  });
  try {
    for (let epoch = history.length; epoch < settings.epochs; epoch++) {
      while (losses.length < stepsPerEpoch) {
        if (signal?.aborted) {
          await save();
          return end("interrupted");
        }
        const done = epoch * stepsPerEpoch + losses.length;
        const rate = settings.rate * linearDecay(done, total);
        losses.push(await play(game, task, { epoch, step: losses.length, rate }));
        task.onStep?.(done + 1, total);
      }
      history.push(meanOf(losses));
      losses = [];
      task.onEpoch?.(history.length, history.at(-1)!);
      await save();
    }
    return end("finished");
  } finally {
    await game.generators.close();
    await game.discriminators.close();
  }
};
