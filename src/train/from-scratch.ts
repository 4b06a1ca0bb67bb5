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
import { HEAD, TARGETS } from "./forward.ts";
import { fit, type EpochRecord, type Progress } from "./loop.ts";
import { adamw } from "./optimisers/adamw.ts";
import { warmUpCosine } from "./schedules.ts";
import { openStepper } from "./step.ts";

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

interface Built {
  readonly g: Graph;
  readonly scope: ReturnType<typeof createScope>;
  readonly scores: Value;
}

/** Pixels uint8 [batch, h, w, 3] on -1 .. 1, through the network, to scores [batch, ways]. */
const build = (
  { network, size: [height, width], batch, ways }: FromScratchTask,
  options: Parameters<typeof createScope>[1],
): Built => {
  const g = new Graph("from scratch");
  const pixels = g.input(PIXELS, "uint8", [batch, height, width, 3]);
  const levels = cast(g, transpose(g, pixels, [0, 3, 1, 2]), "float32");
  const scope = createScope(g, options);
  const features = network(within(scope, "network"), add(g, mul(g, levels, 2 / 255), -1));
  return { g, scope, scores: linear(within(scope, HEAD), features, { units: ways }) };
};

const scoreBy = async (
  task: FromScratchTask,
  weights: Readonly<Record<string, Tensor>>,
  rows: readonly number[],
): Promise<Matrix> => {
  const { photos, size, batch, ways, threads } = task;
  const { g, scores } = build(task, { phase: "inference", random: task.random.fork("weights") });
  g.output(scores, "scores");
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
      const answer = (await session.run({ ...weights, [PIXELS]: pictures })).scores!.data as Float32Array;
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
  const { photos, size, rows, ways, epochs, batch, rate, smoothing, random, threads } = task;
  const { g, scope, scores } = build(task, { phase: "training", random: random.fork("weights") });
  const targets = g.input(TARGETS, "float32", [batch, ways]);
  const losses = crossEntropy(g, scores, targets, { smoothing });
  const stepper = await openStepper(
    { graph: g, losses, parameters: scope.parameters, updates: scope.updates },
    { optimiser: adamw(), spin: false, ...(threads !== undefined && { threads }) },
  );
  const schedule = warmUpCosine();
  try {
    const { weights, history } = await fit({
      stepper,
      epochs,
      stepsPerEpoch: Math.ceil(rows.length / batch),
      batchAt: createBatches({
        ...task,
        source: pixelSource(photos, [1, ...size, 3]),
        layout: "nhwc",
        input: PIXELS,
        random: random.fork("batches"),
      }),
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
