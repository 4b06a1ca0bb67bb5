import { HandfulError, internalError, optionError } from "../base/errors.ts";
import { matrix, type Matrix } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import { noPolicy } from "../data/policies.ts";
import { floats, type Tensor } from "../graph/dtype.ts";
import { valueNamed } from "../graph/cut.ts";
import { shapeOf, type Graph, type Value } from "../graph/graph.ts";
import { specialise } from "../graph/specialise.ts";
import { findBlocks, type Block } from "../nn/blocks.ts";
import { foldGraph, openGraph } from "../runtime/graph-session.ts";
import { activationSource, pixelSource, type Photos, type Source } from "./activations.ts";
import { createBatches, type Variation } from "./batches.ts";
import { createConsistencyBatches, type Unlabelled } from "./consistency/consistency-batches.ts";
import { buildConsistency, KEPT, LABELLED } from "./consistency/consistency-graph.ts";
import {
  buildForward,
  checkParameters,
  HEAD,
  scoresFrom,
  TARGETS,
  withWeights,
  type LinearWeights,
} from "./forward.ts";
import { fit, type Deadline, type EpochRecord, type FitResult, type Progress, type Validation } from "./loop.ts";
import { adamw } from "./optimisers/adamw.ts";
import type { Optimiser } from "./optimisers/optimiser.ts";
import {
  gradualUnfreezing,
  layerRates,
  warmUpCosine,
  type LayerRates,
  type Schedule,
  type Stage,
} from "./schedules.ts";
import { openStepper } from "./step.ts";

/** How much of a network follows the new pictures: the head alone, the last blocks, or everything. */
export type Depth = "head" | "all" | { readonly last: number };

export interface FineTuneSettings extends Variation {
  readonly depth: Depth;
  readonly epochs: number;
  /** Pictures of a step. */
  readonly batch: number;
  readonly rates: LayerRates;
  readonly schedule: Schedule;
  readonly optimiser: Optimiser;
  readonly clipNorm: number | null;
  /** Share of averaged weights kept a step; null: the last weights are taken. */
  readonly averaging: number | null;
  readonly smoothing: number;
  /** "gradual": the head first, then block by block from the top. */
  readonly unfreezing: "together" | "gradual";
  /** Epochs without a better validation after which to stop. */
  readonly patience: number;
}

export const fineTuneDefaults: FineTuneSettings = {
  depth: { last: 3 },
  epochs: 20,
  batch: 16,
  rates: {},
  schedule: warmUpCosine(),
  optimiser: adamw(),
  clipNorm: 1,
  averaging: null,
  smoothing: 0.1,
  unfreezing: "together",
  policy: noPolicy,
  views: 1,
  patience: 10,
};

export interface FineTuneTask {
  /** Pictures to learn from, by index. */
  readonly rows: readonly number[];
  /** Class index of every picture, 0 .. ways - 1. */
  readonly labels: Int32Array;
  readonly ways: number;
  /** Pictures without labels to learn from too, among the same photos; their views are strong ones below 0. */
  readonly unlabelled?: Unlabelled;
  /** Pictures held out to stop early and to keep the best epoch; empty: the last epoch is taken. */
  readonly validation?: readonly number[];
  /** The head to begin with, fitted on frozen features; zeros when absent. */
  readonly head?: LinearWeights;
  readonly settings: FineTuneSettings;
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly deadline?: Deadline;
  /** Where an earlier training of the same task was broken off. */
  readonly start?: StagedProgress;
  readonly save?: (progress: StagedProgress) => Promise<void>;
  readonly onEpoch?: (record: EpochRecord & { readonly stage: number; readonly stages: number }) => void;
}

export interface StagedProgress {
  readonly stage: number;
  readonly progress: Progress;
}

/** A network tuned to pictures: what changed in it, and its head. */
export interface FineTuned {
  /** Weights of the blocks that were trained, by the names of the graph's constants. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly head: LinearWeights;
  readonly history: readonly EpochRecord[];
  readonly stopped: FitResult["stopped"];
  readonly bestEpoch: number | null;
  readonly settings: FineTuneSettings;
}

/** A network ready to be tuned again and again on parts of the same pictures. Must be closed. */
export interface FineTuner {
  readonly blocks: readonly Block[];
  tune(task: FineTuneTask): Promise<FineTuned>;
  /** Features of the first pictures, of all when left out, by the network as it came, [count, dim]. */
  features(count?: number): Promise<Matrix>;
  /** Scores of pictures, [rows, ways]. */
  score(tuned: Pick<FineTuned, "weights" | "head" | "settings">, rows: readonly number[]): Promise<Matrix>;
  /** The whole network with the tuned weights: `pixels` -> `embedding`. */
  graph(tuned: Pick<FineTuned, "weights">): Graph;
  close(): Promise<void>;
}

export interface FineTunerOptions {
  readonly domains?: Readonly<Record<string, number>>;
  readonly threads?: number;
  /** Bytes of frozen activations kept, at most; default 1 GiB. */
  readonly cacheBytes?: number;
}

/** One training of one stage. */
interface StageTask extends FineTuneTask {
  readonly stage: number;
  readonly stages: readonly Stage[];
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly head: LinearWeights;
}

const blocksFor = (depth: Depth, blocks: readonly Block[]): readonly Block[] => {
  if (depth === "head") return [];
  if (depth === "all") return blocks;
  if (!Number.isInteger(depth.last) || depth.last < 1 || depth.last > blocks.length)
    throw optionError(`blocks to train: wanted a whole number from 1 to ${blocks.length}, got ${depth.last}`, {
      hint: "See handful model show for the blocks of the network.",
    });
  return blocks.slice(-depth.last);
};

const checkTask = ({ rows, validation = [], labels, ways }: FineTuneTask, count: number): void => {
  for (const row of [...rows, ...validation]) {
    const label = labels[row];
    if (row >= count || label === undefined || label < 0 || label >= ways)
      throw new HandfulError(
        "data",
        "E_LABEL_RANGE",
        `picture ${row}: wanted a class index in 0 .. ${ways - 1}, got ${label}`,
      );
  }
  if (rows.length === 0) throw internalError("no picture to learn from");
};

const split = (weights: Readonly<Record<string, Tensor>>): Pick<FineTuned, "weights" | "head"> => {
  const { [`${HEAD}/weight`]: weight, [`${HEAD}/bias`]: bias, ...rest } = weights;
  const own = Object.entries(rest).filter(([name]) => !name.startsWith(`${KEPT}/`));
  return { weights: Object.fromEntries(own), head: { weights: weight!, bias: bias! } };
};

/** Accuracy and mean cross-entropy of scores. */
export const validationOf = (scores: Matrix, truths: readonly number[]): Validation => {
  let [right, loss] = [0, 0];
  truths.forEach((truth, i) => {
    const row = scores.data.subarray(i * scores.columns, (i + 1) * scores.columns);
    const most = Math.max(...row);
    if (row.indexOf(most) === truth) right += 1;
    loss += Math.log(row.reduce((sum, v) => sum + Math.exp(v - most), 0)) + most - row[truth]!;
  });
  return { accuracy: right / truths.length, loss: loss / truths.length };
};

/**
 * Opens a network for tuning.
 *
 * Frozen parts run once a picture (and view), and what they give is kept; that is shared by all trainings, so that
 * cross-validation costs what its trained parts cost.
 * @param embedder  `pixels` uint8 [n, h, w, 3] -> features [n, dim]
 * @throws HandfulError E_NO_GRADIENT, E_PARAMETER_TYPE when what is to be trained cannot be
 */
export const openFineTuner = async (
  embedder: Graph,
  photos: Photos,
  { domains = {}, threads, cacheBytes = 2 ** 30 }: FineTunerOptions = {},
): Promise<FineTuner> => {
  const g = await foldGraph(embedder, { domains });
  const [image, feature] = [g.inputs[0]!, g.outputs[0]!];
  const declared = image.dims?.[0];
  const fixedBatch = typeof declared === "number" ? declared : null;
  const single = [fixedBatch ?? 1, ...(image.dims ?? []).slice(1).map(Number)];
  const concrete = specialise(g, { [image.name]: single });
  const shapeAt = (v: Value): number[] => [1, ...shapeOf(valueNamed(concrete, v.name)).slice(1)];
  const blocks = findBlocks(g, image, feature);
  const session = { domains, ...(threads !== undefined && { threads }) };
  const pixels = pixelSource(photos, shapeAt(image));
  const sources = new Map<Value, Promise<Source>>([[image, Promise.resolve(pixels)]]);
  const sourceAt = (start: Value, batch: number): Promise<Source> => {
    const options = { ...session, shape: shapeAt(start), batch, count: photos.count, cacheBytes };
    const known = sources.get(start) ?? activationSource(g, start, { pixels, options });
    sources.set(start, known);
    return known;
  };
  const startOf = (trained: readonly Block[]): Value => trained[0]?.from ?? feature;

  const tuneStage = async (task: StageTask): Promise<FitResult> => {
    const { settings, stage, stages, labels, ways, random, rows, validation = [], unlabelled } = task;
    const { groups, epochs } = stages[stage]!;
    const batch = fixedBatch ?? settings.batch;
    const trained = blocks.filter((b) => groups.includes(b.name));
    checkParameters(trained, blocks);
    const start = startOf(trained);
    const source = await sourceAt(start, batch);
    const { head, weights } = task;
    const shape = shapeAt(start);
    // a network of fixed batch takes as many unlabelled pictures as labelled ones
    const options = unlabelled && { ...unlabelled.options, ...(fixedBatch !== null && { ratio: 1 }) };
    const parts = { ...settings, start, batch, shape, blocks: trained, head, weights };
    const trainable =
      unlabelled && options
        ? buildConsistency({
            ...parts,
            method: unlabelled.method,
            options,
            scores: scoresFrom(g, parts),
            dtype: start.dtype,
            shape: shape.slice(1),
            ways,
            random,
          })
        : buildForward(g, parts);
    const averaging = options?.averaging ?? settings.averaging;
    const stepper = await openStepper(trainable, { ...settings, ...session, averaging });
    const stepsPerEpoch = Math.ceil(rows.length / batch);
    const rates = layerRates([...blocks.map((b) => b.name), HEAD], settings.rates);
    const own = random.fork(`stage ${stage}`);
    const labelled = createBatches({
      ...settings,
      rows,
      labels,
      ways,
      batch,
      photos,
      source,
      layout: start === image ? "nhwc" : "nchw",
      input: unlabelled ? LABELLED : start.name,
      random: own,
    });
    const batchAt =
      unlabelled && options
        ? createConsistencyBatches(labelled, {
            ...settings,
            ...unlabelled,
            options,
            batch,
            stepsPerEpoch,
            epochs,
            photos,
            source,
            random: own.fork("unlabelled"),
          })
        : labelled;
    const scoreNow = (now: Readonly<Record<string, Tensor>>): Promise<Matrix> =>
      score({ ...split(now), settings: { ...settings, depth: depthOf(trained) } }, validation);
    try {
      return await fit({
        stepper,
        epochs,
        stepsPerEpoch,
        batchAt,
        rates: (step, total) => {
          const factor = settings.schedule(step, total);
          return Object.fromEntries(Object.entries(rates).map(([group, rate]) => [group, rate * factor]));
        },
        patience: settings.patience,
        ...(validation.length > 0 && {
          validate: async (now) =>
            validationOf(
              await scoreNow(now),
              validation.map((row) => labels[row]!),
            ),
        }),
        ...(task.start?.stage === stage && { start: task.start.progress }),
        ...(task.save && { save: (progress: Progress) => task.save!({ stage, progress }) }),
        ...(task.signal && { signal: task.signal }),
        ...(task.deadline && { deadline: task.deadline }),
        ...(task.onEpoch && {
          onEpoch: (record: EpochRecord) => task.onEpoch!({ ...record, stage, stages: stages.length }),
        }),
      });
    } finally {
      await stepper.close();
    }
  };

  const depthOf = (trained: readonly Block[]): Depth => (trained.length > 0 ? { last: trained.length } : "head");

  const score: FineTuner["score"] = async ({ weights, head, settings }, rows) => {
    const trained = blocksFor(settings.depth, blocks);
    const batch = fixedBatch ?? settings.batch;
    const start = startOf(trained);
    const source = await sourceAt(start, batch);
    const options = { start, batch, shape: shapeAt(start), blocks: [], head, smoothing: 0 };
    const tuned = withWeights(g, weights);
    const forward = buildForward(tuned, { ...options, start: valueNamed(tuned, start.name) });
    forward.graph.outputs.length = 0;
    forward.graph.output(forward.scores, "scores");
    const open = await openGraph(forward.graph, session);
    const out = matrix(rows.length, head.bias.shape[0]!);
    const constants = Object.fromEntries(forward.parameters.map((p) => [p.name, p.tensor]));
    const targets = floats([batch, out.columns], new Float32Array(batch * out.columns));
    try {
      for (let from = 0; from < rows.length; from += batch) {
        const part = Array.from({ length: batch }, (_, i) => rows[Math.min(from + i, rows.length - 1)]!);
        const feeds = {
          [forward.input]: await source.rows(
            part,
            part.map(() => 0),
          ),
          [TARGETS]: targets,
          ...constants,
        };
        const { scores } = await open.run(feeds);
        const data = scores!.data as Float32Array;
        out.data.set(data.subarray(0, Math.min(batch, rows.length - from) * out.columns), from * out.columns);
      }
      return out;
    } finally {
      await open.close();
    }
  };

  return {
    blocks,
    tune: async (task) => {
      checkTask(task, photos.count);
      const { settings, ways } = task;
      const groups = [...blocksFor(settings.depth, blocks).map((b) => b.name), HEAD];
      const stages =
        settings.unfreezing === "gradual"
          ? gradualUnfreezing(groups, { epochs: settings.epochs, stageEpochs: 1 })
          : [{ groups, epochs: settings.epochs }];
      const dim = shapeAt(feature)[1]!;
      const zeros = (shape: readonly number[]): Tensor =>
        floats(shape, new Float32Array(shape.reduce((a, b) => a * b)));
      let state = { weights: {}, head: task.head ?? { weights: zeros([dim, ways]), bias: zeros([ways]) } };
      let result: FitResult | null = null;
      for (let stage = task.start?.stage ?? 0; stage < stages.length; stage++) {
        result = await tuneStage({ ...task, ...state, stage, stages });
        state = split(result.weights);
        if (result.stopped === "interrupted" || result.stopped === "time") break;
      }
      const { history, stopped, bestEpoch } = result!;
      return { ...state, history, stopped, bestEpoch, settings };
    },
    features: async (count = photos.count) => {
      const source = await sourceAt(feature, fixedBatch ?? fineTuneDefaults.batch);
      const all = Array.from({ length: count }, (_, i) => i);
      const rows = await source.rows(
        all,
        all.map(() => 0),
      );
      return matrix(count, rows.shape[1]!, rows.data as Float32Array);
    },
    score,
    graph: ({ weights }) => withWeights(g, weights),
    close: async () => {
      for (const source of sources.values()) await (await source).close();
    },
  };
};
