import { matrix, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Tensor } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { linear } from "../nn/layers/linear.ts";
import { createScope, within, type Scope } from "../nn/layers/scope.ts";
import { crossEntropy } from "../nn/losses/cross-entropy.ts";
import { add } from "../ops/add.ts";
import { cast } from "../ops/cast.ts";
import { mul } from "../ops/mul.ts";
import { transpose } from "../ops/transpose.ts";
import { openGraph } from "../runtime/graph-session.ts";
import { pixelSource, type Photos } from "./activations.ts";
import { createBatches, type Variation } from "./batches.ts";
import { createConsistencyBatches, type Unlabelled } from "./consistency/consistency-batches.ts";
import { buildConsistency, LABELLED } from "./consistency/consistency-graph.ts";
import { HEAD, TARGETS } from "./forward.ts";
import { fit, type EpochRecord, type Progress } from "./loop.ts";
import { adamw } from "./optimisers/adamw.ts";
import { warmUpCosine } from "./schedules.ts";
import { openStepper } from "./step.ts";
import type { Trainable } from "./training-graph.ts";

/** A network of our own: float32 [n, 3, h, w] -> features [n, dim]. */
export type Network = (scope: Scope, x: Value) => Value;

export interface FromScratchTask extends Variation {
  readonly network: Network;
  readonly photos: Photos;
  /** Height and width of the photos, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Photos to learn from, by index. */
  readonly rows: readonly number[];
  /** Class index of every photo. */
  readonly labels: Int32Array;
  readonly ways: number;
  readonly epochs: number;
  /** Photos of a step. */
  readonly batch: number;
  /** Highest learning rate; Adam with warm-up and a cosine to zero. */
  readonly rate: number;
  /** Share of each target spread over all classes. */
  readonly smoothing: number;
  /** Learn from unlabelled photos too. */
  readonly unlabelled?: Unlabelled;
  /** First values by name, in the place of random ones. */
  readonly weights?: Readonly<Record<string, Tensor>>;
  readonly random: Random;
  readonly threads?: number;
  /** Where to go on from: to the same weights, bit for bit. */
  readonly start?: Progress;
  readonly save?: (progress: Progress) => Promise<void>;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A network trained from random weights. */
export interface FromScratch {
  readonly history: readonly EpochRecord[];
  /** By name; those of the network under `network/`. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Scores of photos, [rows, ways]. */
  score(rows: readonly number[]): Promise<Matrix>;
}

const PIXELS = "pixels";

/** Pixels uint8 [n, h, w, 3] on -1 .. 1, through the network, to scores [n, ways]. */
const scoresOf =
  ({ network, ways }: FromScratchTask) =>
  (scope: Scope, pixels: Value): Value => {
    const { g } = scope;
    const levels = cast(g, transpose(g, pixels, [0, 3, 1, 2]), "float32");
    const features = network(within(scope, "network"), add(g, mul(g, levels, 2 / 255), -1));
    return linear(within(scope, HEAD), features, { units: ways });
  };

const beginningAt = (trainable: Trainable, { weights = {} }: FromScratchTask): Trainable => ({
  ...trainable,
  parameters: trainable.parameters.map((p) => ({ ...p, tensor: weights[p.name] ?? p.tensor })),
});

/** What a step learns from: labelled pixels alone, or unlabelled ones too. */
const trainableOf = (task: FromScratchTask): Trainable => {
  const { size, batch, ways, smoothing, unlabelled } = task;
  const [random, scores, shape] = [task.random.fork("weights"), scoresOf(task), [...size, 3]];
  if (unlabelled)
    return buildConsistency({ ...unlabelled, scores, dtype: "uint8", shape, batch, ways, smoothing, random });
  const g = new Graph("from scratch");
  const scope = createScope(g, { phase: "training", random });
  const answers = scores(scope, g.input(PIXELS, "uint8", [batch, ...shape]));
  const losses = crossEntropy(g, answers, g.input(TARGETS, "float32", [batch, ways]), { smoothing });
  return { graph: g, losses, parameters: scope.parameters, updates: scope.updates };
};

const scoreBy = async (
  task: FromScratchTask,
  weights: Readonly<Record<string, Tensor>>,
  rows: readonly number[],
): Promise<Matrix> => {
  const { photos, size, batch, ways, threads } = task;
  const g = new Graph("from scratch");
  const scope = createScope(g, { phase: "inference", random: task.random.fork("weights") });
  g.output(scoresOf(task)(scope, g.input(PIXELS, "uint8", [batch, ...size, 3])), "scores");
  const constants = Object.fromEntries(scope.parameters.map(({ name }) => [name, weights[name]!]));
  const session = await openGraph(g, threads === undefined ? {} : { threads });
  const source = pixelSource(photos, [1, ...size, 3]);
  const out = matrix(rows.length, ways);
  try {
    for (let from = 0; from < rows.length; from += batch) {
      const part = Array.from({ length: batch }, (_, i) => rows[Math.min(from + i, rows.length - 1)]!);
      const pictures = await source.rows(
        part,
        part.map(() => 0),
      );
      const answer = (await session.run({ ...constants, [PIXELS]: pictures })).scores!.data as Float32Array;
      out.data.set(answer.subarray(0, Math.min(batch, rows.length - from) * ways), from * ways);
    }
    return out;
  } finally {
    await session.close();
  }
};

/**
 * Trains a small network from random weights: what there is to compare with where no pretrained network may be used.
 *
 * The same task and seed give the same weights, bit for bit.
 */
export const trainFromScratch = async (task: FromScratchTask): Promise<FromScratch> => {
  const { photos, size, rows, epochs, batch, rate, random, threads, unlabelled } = task;
  const stepper = await openStepper(beginningAt(trainableOf(task), task), {
    optimiser: adamw(),
    spin: false,
    averaging: unlabelled?.options.averaging ?? null,
    ...(threads !== undefined && { threads }),
  });
  const schedule = warmUpCosine();
  const stepsPerEpoch = Math.ceil(rows.length / batch);
  const source = pixelSource(photos, [1, ...size, 3]);
  const input = unlabelled ? LABELLED : PIXELS;
  const labelled = createBatches({ ...task, source, layout: "nhwc", input, random: random.fork("batches") });
  const shared = { ...task, stepsPerEpoch, source, random: random.fork("unlabelled") };
  try {
    const { weights, history } = await fit({
      stepper,
      epochs,
      stepsPerEpoch,
      batchAt: unlabelled ? createConsistencyBatches(labelled, { ...shared, ...unlabelled }) : labelled,
      rates: (step, total) => Object.fromEntries(stepper.groups.map((group) => [group, rate * schedule(step, total)])),
      ...(task.start && { start: task.start }),
      ...(task.save && { save: task.save }),
      ...(task.onEpoch && { onEpoch: task.onEpoch }),
    });
    return { history, weights, score: (asked) => scoreBy(task, weights, asked) };
  } finally {
    await stepper.close();
  }
};
