import type { Random } from "../../base/random.ts";
import type { Tensor } from "../../graph/dtype.ts";
import { pixelSource } from "../activations.ts";
import { fit, type EpochRecord, type FitResult, type Progress, type Validation } from "../loop.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { warmUpCosine, type Schedule } from "../schedules.ts";
import { openStepper, type Batch, type Stepper } from "../step.ts";
import { drawEpisodes, type EpisodeSet } from "./draw-episodes.ts";
import { buildEpisodes, PIXELS, type EpisodeShape } from "./episode-graph.ts";
import { openJudge, type EpisodeJudge } from "./episode-judge.ts";
import type { Learner } from "./learner.ts";

/** Episodes of other classes, by which the best weights are chosen. */
export interface ValidationEpisodes extends EpisodeSet {
  readonly shape: EpisodeShape;
  /** How many are asked each time, always the same ones. */
  readonly episodes: number;
}

export interface EpisodicTask extends EpisodeSet {
  readonly learner: Learner;
  /** One step is `shape.tasks` episodes. Photos are asked for in a new view each step. */
  readonly shape: EpisodeShape;
  readonly steps: number;
  /** Steps between two validations; `steps` a multiple of it. */
  readonly stepsPerEpoch: number;
  readonly optimiser: Optimiser;
  /** Highest learning rate. */
  readonly rate: number;
  /** Default: a cosine to zero after a short warm-up. */
  readonly schedule?: Schedule;
  /** Largest norm of all gradients together; null: not clipped. Default 1. */
  readonly clipNorm?: number | null;
  readonly validation?: ValidationEpisodes;
  /** First weights in the place of random ones, by name: of a network trained as a classifier, say. */
  readonly weights?: Readonly<Record<string, Tensor>>;
  readonly random: Random;
  readonly threads?: number;
  /** Where to go on from: to the same weights, bit for bit. */
  readonly start?: Progress;
  readonly save?: (progress: Progress) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** Name of the generator of first weights: judges are given the same. */
export const WEIGHTS = "weights";

const batches = ({ photos, labels, shape, stepsPerEpoch, random }: EpisodicTask) => {
  const source = pixelSource(photos, [1, ...shape.picture]);
  return async (epoch: number, step: number): Promise<Batch> => {
    const rows = drawEpisodes(labels, shape, random.fork(`episodes ${epoch}/${step}`));
    const view = 1 + epoch * stepsPerEpoch + step;
    const pixels = await source.rows(
      rows,
      rows.map(() => view),
    );
    return { feeds: { [PIXELS]: pixels }, names: rows.map(photos.name) };
  };
};

const validateBy =
  (judge: EpisodeJudge, { episodes }: ValidationEpisodes, random: Random) =>
  async (weights: Readonly<Record<string, Tensor>>): Promise<Validation> => {
    const { accuracies, loss } = await judge.ask(weights, episodes, random);
    return { accuracy: accuracies.reduce((sum, v) => sum + v, 0) / accuracies.length, loss };
  };

const openTraining = (task: EpisodicTask): Promise<Stepper> => {
  const { learner, shape, optimiser, clipNorm, random, threads } = task;
  const { g, losses, declared } = buildEpisodes(learner, shape, { phase: "training", random: random.fork(WEIGHTS) });
  const { parameters, updates } = declared;
  return openStepper(
    { graph: g, losses, parameters, updates },
    {
      optimiser,
      spin: false,
      ...(clipNorm !== undefined && { clipNorm }),
      ...(threads !== undefined && { threads }),
    },
  );
};

/**
 * Trains a learner episode by episode; validation episodes, answered with running moments, choose the weights.
 *
 * The same task and seed give the same weights, bit for bit, also when broken off and taken up again.
 * @throws as `checkEpisodes`, for sets that are too small for their episodes; HandfulError E_LOSS_NAN
 */
export const trainEpisodic = async (task: EpisodicTask): Promise<FitResult> => {
  const { learner, steps, stepsPerEpoch, rate, schedule = warmUpCosine({ warmUp: 0.02 }), validation } = task;
  const { random, threads, start, save, signal, onEpoch } = task;
  const stepper = await openTraining(task);
  if (task.weights) stepper.restore({ steps: 0, tensors: task.weights });
  const judge =
    validation &&
    (await openJudge(learner, validation, {
      shape: validation.shape,
      phase: "inference",
      random: random.fork(WEIGHTS),
      spin: false,
      ...(threads !== undefined && { threads }),
    }));
  try {
    return await fit({
      stepper,
      epochs: Math.ceil(steps / stepsPerEpoch),
      stepsPerEpoch,
      batchAt: batches(task),
      rates: (step, total) => Object.fromEntries(stepper.groups.map((group) => [group, rate * schedule(step, total)])),
      ...(judge && { validate: validateBy(judge, validation, random.fork("validation")) }),
      ...(start && { start }),
      ...(save && { save }),
      ...(signal && { signal }),
      ...(onEpoch && { onEpoch }),
    });
  } finally {
    await judge?.close();
    await stepper.close();
  }
};
