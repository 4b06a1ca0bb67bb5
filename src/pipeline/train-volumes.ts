import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { optionError } from "../base/errors.ts";
import { matrix, rowOf } from "../base/matrix.ts";
import { noPolicy } from "../data/policies.ts";
import { graft } from "../graph/graft.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { resnet10In3d } from "../nn/networks/resnet-10-3d.ts";
import { normaliseVolume } from "../nn/normalise-volume.ts";
import { trainFromScratch, type FromScratch } from "../train/from-scratch.ts";
import { checkpointsIn, type Tuning, type TuningTask } from "./fine-tune.ts";
import { photosOf } from "./photos-of.ts";
import { plural } from "./select-photos.ts";
import { foldsOf } from "./tune-rows.ts";
import { SCRATCH_WIDTH } from "./volume-backbone.ts";

const FOLDS = 5;
/** How every training goes: the same in all of them, fixed beforehand. */
const SETTINGS = { batch: 8, rate: 2e-3, smoothing: 0.1, policy: noPolicy, views: 1 } as const;

/** Puts a learned network into an embedder of the same input. */
const emitInto =
  (learned: Graph) =>
  (embedder: Graph): Value => {
    const bind = new Map<Value, Value>([[learned.inputs[0]!, embedder.inputs[0]!]]);
    graft(embedder, learned, bind);
    return bind.get(learned.outputs[0]!)!;
  };

/**
 * Opens the training of a 3-D ResNet-10 from random weights on volumes, a new one for every fold.
 *
 * @throws E_OPTION where they are to be varied or unlabelled ones to help, which is done with pictures alone
 */
export const openVolumeTraining = async (task: TuningTask): Promise<Tuning> => {
  const { backbone, labels, ways, options, random, folder, threads, signal } = task;
  const { epochs, policy, seconds, resume } = options;
  if (policy ?? task.pool)
    throw optionError("--augment and --unlabelled are for pictures, not for volumes", { hint: "Leave them out." });
  const { preprocess } = backbone;
  const photos = photosOf({ ...task, preprocess });
  const size = [preprocess.depth!, preprocess.height, preprocess.width];
  const trainings = FOLDS + 1;
  const identity = [backbone.key, task.keys, [...labels], [...task.groups], epochs, random.fork("key").uniform()];
  const key = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  const checkpointOf = checkpointsIn(folder, key, resume);
  const endsAt = seconds === undefined ? null : performance.now() + 1000 * seconds;
  const learn = async (training: number, rows: readonly number[]): Promise<FromScratch> => {
    const now = performance.now();
    const { start, save } = await checkpointOf(training);
    const learned = await trainFromScratch({
      ...SETTINGS,
      network: (scope, x) => resnet10In3d(scope, x, { width: SCRATCH_WIDTH }),
      prepare: normaliseVolume,
      photos,
      size,
      channels: 1,
      rows,
      labels,
      ways,
      epochs,
      random: random.fork(`training ${training}`),
      save: (progress) => save({ stage: 0, progress }),
      ...(start && { start: start.progress }),
      ...(threads !== undefined && { threads }),
      ...(signal && { signal }),
      ...(endsAt !== null && {
        deadline: { now: () => performance.now(), endsAt: now + (endsAt - now) / (trainings + 1 - training) },
      }),
      onEpoch: ({ epoch }) => task.onProgress?.({ training, trainings, epoch, epochs }),
    });
    signal?.throwIfAborted();
    return learned;
  };

  const everyone = Array.from(labels.keys());
  return {
    crossValidate: async () => {
      const folds = foldsOf(task, { rows: everyone, folds: FOLDS, random: random.fork("folds") });
      const scores = matrix(labels.length, ways);
      for (let fold = 0; fold < FOLDS; fold++) {
        const rows = everyone.filter((i) => folds[i] !== fold);
        const held = everyone.filter((i) => folds[i] === fold);
        const answers = await (await learn(fold + 1, rows)).score(held);
        held.forEach((row, i) => rowOf(scores, row).set(rowOf(answers, i)));
      }
      return {
        method: "from-scratch",
        options: { network: backbone.resolved.name, epochs },
        text: `3-D ResNet-10 trained from scratch (${plural(epochs, "epoch")})`,
        round: { folds, count: FOLDS },
        scores,
      };
    },
    finish: async () => emitInto((await learn(trainings, everyone)).graph()),
    close: async (done) => {
      if (done) await rm(folder, { recursive: true, force: true });
    },
  };
};
