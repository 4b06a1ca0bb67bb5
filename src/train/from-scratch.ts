import { matrix, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Tensor } from "../graph/dtype.ts";
import { Graph, type Value } from "../graph/graph.ts";
import { linear } from "../nn/layers/linear.ts";
import { createScope, within, type Parameter, type Scope } from "../nn/layers/scope.ts";
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
import { fit, type Deadline, type EpochRecord, type Progress } from "./loop.ts";
import { adamw } from "./optimisers/adamw.ts";
import { warmUpCosine } from "./schedules.ts";
import { openStepper } from "./step.ts";
import type { Trainable } from "./training-graph.ts";

/** A network of our own: float32 [n, channels, …places] -> features [n, dim]. */
export type Network = (scope: Scope, x: Value) => Value;

export interface FromScratchTask extends Variation {
  readonly network: Network;
  readonly photos: Photos;
  /** Height and width of the photos, in pixels; depth, height and width of volumes. */
  readonly size: readonly number[];
  /** 1 in volumes; 3 when absent. */
  readonly channels?: number;
  /** Emits what the network takes from pixels uint8 [n, …size, channels]; on -1 .. 1, channels first, when absent. */
  readonly prepare?: (g: Graph, pixels: Value) => Value;
  /** Photos to learn from, by index. */
  readonly rows: readonly number[];
  /** Class index of every photo. */
  readonly labels: Int32Array;
  /** Probabilities that each photo is of each class, [photos, ways], to be learned in the place of labels. */
  readonly targets?: Matrix;
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
  readonly signal?: AbortSignal;
  readonly deadline?: Deadline;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A network trained from random weights. */
export interface FromScratch {
  readonly history: readonly EpochRecord[];
  /** By name; those of the network under `network/`. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Scores of photos, or of one view of them, [rows, ways]. */
  score(rows: readonly number[], view?: number): Promise<Matrix>;
  /** Pixels of one photo -> scores, with what was learned as constants. */
  graph(): Graph;
}

const PIXELS = "pixels";

const shapeOf = ({ size, channels = 3 }: FromScratchTask): readonly number[] => [...size, channels];

/** Pixels uint8 [n, h, w, 3] on -1 .. 1, as float32 [n, 3, h, w]. */
const centred = (g: Graph, pixels: Value): Value =>
  add(g, mul(g, cast(g, transpose(g, pixels, [0, 3, 1, 2]), "float32"), 2 / 255), -1);

/** Pixels uint8 [n, …size, channels], through the network, to scores [n, ways]. */
const scoresOf =
  ({ network, ways, prepare = centred }: FromScratchTask) =>
  (scope: Scope, pixels: Value): Value => {
    const features = network(within(scope, "network"), prepare(scope.g, pixels));
    return linear(within(scope, HEAD), features, { units: ways });
  };

const beginningAt = (trainable: Trainable, { weights = {} }: FromScratchTask): Trainable => ({
  ...trainable,
  parameters: trainable.parameters.map((p) => ({ ...p, tensor: weights[p.name] ?? p.tensor })),
});

/** What a step learns from: labelled pixels alone, or unlabelled ones too. */
const trainableOf = (task: FromScratchTask): Trainable => {
  const { batch, ways, smoothing, unlabelled } = task;
  const [random, scores, shape] = [task.random.fork("weights"), scoresOf(task), shapeOf(task)];
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
  { rows, view }: { readonly rows: readonly number[]; readonly view: number },
): Promise<Matrix> => {
  const { photos, batch, ways, threads } = task;
  const g = new Graph("from scratch");
  const scope = createScope(g, { phase: "inference", random: task.random.fork("weights") });
  g.output(scoresOf(task)(scope, g.input(PIXELS, "uint8", [batch, ...shapeOf(task)])), "scores");
  const constants = Object.fromEntries(scope.parameters.map(({ name }) => [name, weights[name]!]));
  const session = await openGraph(g, threads === undefined ? {} : { threads });
  const source = pixelSource(photos, [1, ...shapeOf(task)]);
  const out = matrix(rows.length, ways);
  try {
    for (let from = 0; from < rows.length; from += batch) {
      const part = Array.from({ length: batch }, (_, i) => rows[Math.min(from + i, rows.length - 1)]!);
      const pictures = await source.rows(
        part,
        part.map(() => view),
      );
      const answer = (await session.run({ ...constants, [PIXELS]: pictures })).scores!.data as Float32Array;
      out.data.set(answer.subarray(0, Math.min(batch, rows.length - from) * ways), from * ways);
    }
    return out;
  } finally {
    await session.close();
  }
};

const learnedGraph = (task: FromScratchTask, weights: Readonly<Record<string, Tensor>>): Graph => {
  const g = new Graph("from scratch");
  const stand = ({ name }: Parameter): Value => g.constant(weights[name]!, name);
  const scope = createScope(g, { phase: "inference", random: task.random.fork("weights"), stand });
  g.output(scoresOf(task)(scope, g.input(PIXELS, "uint8", [1, ...shapeOf(task)])), "scores");
  return g;
};

/**
 * Trains a small network from random weights: what there is to compare with where no pretrained network may be used.
 *
 * The same task and seed give the same weights, bit for bit.
 */
export const trainFromScratch = async (task: FromScratchTask): Promise<FromScratch> => {
  const { photos, rows, epochs, batch, rate, random, threads, unlabelled } = task;
  const stepper = await openStepper(beginningAt(trainableOf(task), task), {
    optimiser: adamw(),
    spin: false,
    averaging: unlabelled?.options.averaging ?? null,
    ...(threads !== undefined && { threads }),
  });
  const schedule = warmUpCosine();
  const stepsPerEpoch = Math.ceil(rows.length / batch);
  const source = pixelSource(photos, [1, ...shapeOf(task)]);
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
      ...(task.signal && { signal: task.signal }),
      ...(task.deadline && { deadline: task.deadline }),
      ...(task.onEpoch && { onEpoch: task.onEpoch }),
    });
    return {
      history,
      weights,
      score: (asked, view = 0) => scoreBy(task, weights, { rows: asked, view }),
      graph: () => learnedGraph(task, weights),
    };
  } finally {
    await stepper.close();
  }
};
