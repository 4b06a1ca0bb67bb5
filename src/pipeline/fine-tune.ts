import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { artifactError, internalError } from "../base/errors.ts";
import { matrix, rowOf } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { DataSet } from "../data/dataset.ts";
import { noPolicy } from "../data/policies.ts";
import type { Policy } from "../data/policy.ts";
import type { Rival } from "../evaluate/contest.ts";
import type { Round } from "../evaluate/protocol.ts";
import { suffix, valueNamed } from "../graph/cut.ts";
import { graft } from "../graph/graft.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { specialise } from "../graph/specialise.ts";
import { findBlocks } from "../nn/blocks.ts";
import { add } from "../ops/add.ts";
import { matmul } from "../ops/matmul.ts";
import { foldGraph } from "../runtime/graph-session.ts";
import {
  fineTuneDefaults,
  openFineTuner,
  type FineTuned,
  type FineTuner,
  type FineTuneSettings,
  type StagedProgress,
} from "../train/fine-tune.ts";
import { decodeProgress, encodeProgress } from "../train/loop.ts";
import { varyPhotos } from "../train/varied-photos.ts";
import type { Backbone } from "./backbone.ts";
import { photosOf } from "./photos-of.ts";
import { writeWhole } from "./run-folder.ts";
import { foldsOf, tuneRows, type Labelled } from "./tune-rows.ts";
import { joinedPhotos, type TuningPool } from "./tuning-pool.ts";

/** What a person asks for. */
export interface FineTuneOptions {
  /** How many blocks learn, counted from the features; all there are where fewer; "head": none. */
  readonly last: number | "all" | "head";
  readonly unfreezing: FineTuneSettings["unfreezing"];
  readonly epochs: number;
  /** Seconds for all trainings together; no limit when absent. */
  readonly seconds?: number;
  /** Go on from the checkpoints that an interrupted run left. */
  readonly resume: boolean;
  /** How the photos are varied while it learns; not at all when absent. */
  readonly policy?: Policy;
}

export interface TuningProgress {
  /** Counted from 1; the last one is on all photos. */
  readonly training: number;
  readonly trainings: number;
  readonly epoch: number;
  readonly epochs: number;
}

export interface TuningTask extends Labelled {
  readonly backbone: Backbone;
  readonly dataset: DataSet;
  /** Items of the data set to learn from; row i everywhere is `items[i]`. */
  readonly items: readonly number[];
  readonly options: FineTuneOptions;
  readonly random: Random;
  /** Folder for checkpoints. */
  readonly folder: string;
  /** Unlabelled photos to learn from too. */
  readonly pool?: TuningPool;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TuningProgress) => void;
}

/** A network being tuned to photos. Must be closed. */
export interface Tuning {
  /** Trains without each fold in turn; the scores of what was held out. */
  crossValidate(): Promise<Rival>;
  /** Trains on all photos; emits the scores beside the frozen network in an embedder of the same backbone. */
  finish(): Promise<(embedder: Graph) => Value>;
  /** @param done  the checkpoints are not needed any more */
  close(done: boolean): Promise<void>;
}

/** Photos a class must have, each of another scene: fewer leave nothing to hold out. */
export const FEWEST_TO_TUNE = 5;

const FOLDS = 5;
/** Bytes kept of frozen activations. */
const ACTIVATION_BYTES = 192 * 2 ** 20;

const describe = (blocks: number, all: number): string => {
  if (blocks === 0) return "linear head trained on the frozen network";
  return blocks === all
    ? `fine-tuned network (all ${all} blocks)`
    : `fine-tuned network (last ${blocks} of ${all} blocks)`;
};

/** The features [n, dim] by the tuned blocks, beside the frozen ones from where they part. */
const tunedFeatures = (whole: Graph, start: string, embedder: Graph): Value => {
  const from = valueNamed(whole, start);
  if (whole.outputs[0] === from) return valueNamed(embedder, start);
  const part = whole.inputs[0] === from ? whole : suffix(whole, from);
  const bind = new Map<Value, Value>([[part.inputs[0]!, valueNamed(embedder, start)]]);
  graft(embedder, part, bind);
  return bind.get(part.outputs[0]!)!;
};

/** The scores of a tuned network, which parts from the frozen one at the value named `start`. */
const emitTuned = (tuner: FineTuner, tuned: FineTuned, start: string, embedder: Graph): Value => {
  const features = tunedFeatures(tuner.graph(tuned), start, embedder);
  const { weights, bias } = tuned.head;
  const scores = matmul(embedder, features, embedder.constant(weights, "tuned/weights"));
  return add(embedder, scores, embedder.constant(bias, "tuned/bias"));
};

/** Where each training goes on from, and how it saves: one file a training. */
export const checkpointsIn = (folder: string, key: string, resume: boolean) => async (training: number) => {
  const path = join(folder, `training-${training}.safetensors`);
  const own = `${key}/${training}/`;
  const bytes = resume ? await readFile(path).catch(() => null) : null;
  const found = bytes && decodeProgress(bytes);
  if (found && !found.key.startsWith(own))
    throw artifactError("E_CHECKPOINT", `${path}: of other photos, or of other settings`, {
      hint: "Give the same photos and flags as before, or train again without --resume.",
    });
  return {
    ...(found && { start: { stage: Number(found.key.slice(own.length)), progress: found.progress } }),
    save: async ({ stage, progress }: StagedProgress): Promise<void> => {
      await mkdir(folder, { recursive: true });
      await writeWhole(path, encodeProgress(progress, `${own}${stage}`));
    },
  };
};

/**
 * Versions of every photo where part of the network is frozen: what that part gives is computed once for each. Where
 * all learns there is nothing to keep, and every epoch sees new ones.
 */
const VIEWS = 8;

/** How a training goes: the same in every one of them. */
export const settingsOf = (
  { last, epochs, unfreezing, policy = noPolicy }: Omit<FineTuneOptions, "resume">,
  all: number,
): FineTuneSettings => {
  const blocks = last === "all" ? all : last === "head" ? 0 : Math.min(last, all);
  const depth = blocks === 0 ? "head" : { last: blocks };
  const views = policy.steps.length === 0 ? 1 : blocks === all ? "fresh" : VIEWS;
  return { ...fineTuneDefaults, depth, epochs, unfreezing, policy, views };
};

/**
 * Opens a backbone for fine-tuning on photos.
 *
 * Memory: the trained blocks with their state, and at most 320 MiB of pixels and frozen activations.
 * @throws HandfulError E_NO_GRADIENT, E_PARAMETER_TYPE when the blocks cannot be trained; E_LOSS_NAN naming the batch
 */
export const openTuning = async (task: TuningTask): Promise<Tuning> => {
  const { backbone, labels, ways, options, random, folder, threads, signal, pool } = task;
  const { embedder, domains } = backbone.graph({ taps: false });
  const { preprocess } = backbone;
  const own = photosOf({ ...task, preprocess });
  const policy = options.policy ?? pool?.weak ?? noPolicy;
  const photos = varyPhotos(pool ? joinedPhotos(own, photosOf({ ...pool, preprocess })) : own, policy, {
    ...preprocess,
    seed: `views ${random.fork("views").integer(2 ** 31)}`,
    keys: [...task.keys, ...(pool?.keys ?? [])],
    ...(pool?.strong && { strong: pool.strong }),
  });
  const tuner = await openFineTuner(embedder, photos, {
    domains,
    cacheBytes: ACTIVATION_BYTES,
    ...(threads !== undefined && { threads }),
  });
  const all = tuner.blocks.length;
  if (all === 0) throw internalError("the network has no block that learns");
  const settings = settingsOf({ ...options, policy }, all);
  const { depth, epochs } = settings;
  const blocks = typeof depth === "object" ? depth.last : 0;
  const trainings = FOLDS + 1;
  const endsAt = options.seconds === undefined ? null : performance.now() + 1000 * options.seconds;
  const features = await tuner.features(labels.length);
  const identity = [
    backbone.key,
    task.keys,
    [...labels],
    [...task.groups],
    settings,
    random.fork("key").uniform(),
    pool?.name ?? null,
    pool?.keys ?? [],
  ];
  const key = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  const checkpointOf = checkpointsIn(folder, key, options.resume);
  const tune = async (training: number, rows: readonly number[]): Promise<FineTuned> => {
    const now = performance.now();
    const taught = pool ? await pool.teach(rows, labels) : { labels };
    const tuned = await tuneRows(tuner, {
      ...task,
      ...taught,
      features,
      rows,
      settings,
      random: random.fork(`training ${training}`),
      ...(await checkpointOf(training)),
      ...(endsAt !== null && {
        deadline: { now: () => performance.now(), endsAt: now + (endsAt - now) / (trainings + 1 - training) },
      }),
      onEpoch: ({ stage, epoch }) => task.onProgress?.({ training, trainings, epoch: stage + epoch, epochs }),
    });
    signal?.throwIfAborted();
    return tuned;
  };

  const everyone = Array.from(labels.keys());
  return {
    crossValidate: async () => {
      const folds = foldsOf(task, { rows: everyone, folds: FOLDS, random: random.fork("folds") });
      const round: Round = { folds, count: FOLDS };
      const scores = matrix(labels.length, ways);
      for (let fold = 0; fold < FOLDS; fold++) {
        const tuned = await tune(
          fold + 1,
          everyone.filter((i) => folds[i] !== fold),
        );
        const held = everyone.filter((i) => folds[i] === fold);
        const answers = await tuner.score(tuned, held);
        held.forEach((row, i) => rowOf(scores, row).set(rowOf(answers, i)));
      }
      return {
        method: "fine-tuned",
        options: { blocks, epochs, ...(pool && { unlabelled: pool.name }) },
        text: describe(blocks, all) + (pool ? `, unlabelled photos by ${pool.name}` : ""),
        round,
        scores,
      };
    },
    finish: async () => {
      const tuned = await tune(trainings, everyone);
      const start = tuner.blocks[all - blocks]?.from.name ?? embedder.outputs[0]!.name;
      return (g) => emitTuned(tuner, tuned, start, g);
    },
    close: async (done) => {
      await tuner.close();
      await photos.close();
      if (done) await rm(folder, { recursive: true, force: true });
    },
  };
};

/** A block as people see it. */
export interface BlockFacts {
  readonly name: string;
  readonly kind: string;
  readonly parameters: number;
  /** Of what leaves it, for one picture. */
  readonly shape: readonly (number | string)[];
  /** The value that leaves it. */
  readonly to: string;
}

/** The blocks of a backbone, from the image on. */
export const blocksOf = async (backbone: Backbone): Promise<BlockFacts[]> => {
  const { embedder, domains } = backbone.graph({ taps: false });
  const g = await foldGraph(embedder, { domains });
  const [image, feature] = [g.inputs[0]!, g.outputs[0]!];
  const [batch, ...sizes] = image.dims!;
  const concrete = specialise(g, { [image.name]: [Number(batch) || 1, ...sizes.map(Number)] });
  return findBlocks(g, image, feature).map(({ name, kind, size, to }) => ({
    name,
    kind,
    parameters: size,
    shape: ["n", ...(valueNamed(concrete, to.name).shape ?? []).slice(1)],
    to: to.name,
  }));
};
