import { matrix, stackRows, takeRows } from "../base/matrix.ts";
import type { Random } from "../base/random.ts";
import type { Policy } from "../data/policy.ts";
import { predictedLabels } from "../evaluate/metrics.ts";
import { openAlgebra } from "../methods/algebra.ts";
import { weighClasses } from "../methods/class-weights.ts";
import type { Method } from "../methods/method.ts";
import { conv4 } from "../nn/networks/conv-4.ts";
import type { Photos } from "../train/activations.ts";
import { fineTuneDefaults, openFineTuner } from "../train/fine-tune.ts";
import { trainFromScratch } from "../train/from-scratch.ts";
import { varyPhotos } from "../train/varied-photos.ts";
import type { Backbone } from "./backbone.ts";
import { embedViews } from "./embed-views.ts";
import { settingsOf } from "./fine-tune.ts";
import type { Lesson } from "./lesson.ts";
import { photosOf } from "./photos-of.ts";
import { tuneRows } from "./tune-rows.ts";

/** A way of learning, made ready for one policy. Must be closed. */
export interface Learning {
  /** Learns from some photos; the classes it then gives others. */
  answer(train: readonly number[], asked: readonly number[], random: Random): Promise<Int32Array>;
  close(): Promise<void>;
}

/** A way of learning whose gain from augmentation is to be known. */
export interface Learner {
  /** For people. */
  readonly text: string;
  under(policy: Policy): Promise<Learning>;
}

export interface LearnerTask {
  readonly lesson: Lesson;
  readonly seed: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A head on frozen features: beside each photo it learns from augmented views of it. */
export const headLearner = (
  { lesson, seed, threads, signal }: LearnerTask,
  { method, views, backbone }: { readonly method: Method; readonly views: number; readonly backbone: Backbone },
): Learner => {
  const { selected, dataset, keys, labels, classes } = lesson;
  const { features, items } = selected.training;
  return {
    text: `${method.name} on frozen features, with ${views} augmented views of every photo`,
    under: async (policy) => {
      const made =
        policy.steps.length === 0
          ? matrix(0, features.columns)
          : await embedViews({ backbone, dataset, items, keys, policy, views, seed, ...(signal && { signal }) });
      const each = made.rows / items.length;
      const all = stackRows([features, made]);
      const algebra = openAlgebra(threads);
      return {
        answer: async (train, asked) => {
          const rows = train.flatMap((row) => [
            row,
            ...Array.from({ length: each }, (_, view) => features.rows + row * each + view),
          ]);
          const own = Int32Array.from(train, (row) => labels[row]!);
          const support = {
            features: takeRows(all, rows),
            labels: Int32Array.from(rows, (_, i) => own[Math.floor(i / (each + 1))]!),
            ways: classes.length,
            classWeights: weighClasses("balanced", { labels: own, ways: classes.length }),
          };
          const state = await method.fit(support, method.defaults, algebra);
          return predictedLabels(await method.predict(state, takeRows(features, asked), algebra));
        },
        close: () => algebra.close(),
      };
    },
  };
};

const photosFor = ({ dataset, selected }: Lesson, preprocess: Backbone["preprocess"]): Photos =>
  photosOf({ dataset, items: selected.training.items, preprocess });

/** A network being tuned, as by `train --fine-tune`. */
export const tuningLearner = (
  { lesson, seed, threads, signal }: LearnerTask,
  { last, epochs }: { readonly last: number | "all"; readonly epochs: number },
): Learner => {
  const { backbone, labels, keys, classes, selected } = lesson;
  const photos = photosFor(lesson, backbone.preprocess);
  return {
    text: `network tuned (${last === "all" ? "all" : `last ${last}`} blocks, ${epochs} epochs)`,
    under: async (policy) => {
      const { embedder, domains } = backbone.graph({ taps: false });
      const varied = varyPhotos(photos, policy, { ...backbone.preprocess, seed: `views ${seed}`, keys });
      const tuner = await openFineTuner(embedder, varied, { domains, ...(threads !== undefined && { threads }) });
      const features = await tuner.features();
      const settings = settingsOf({ last, epochs, unfreezing: "together", policy }, tuner.blocks.length);
      const { groups } = selected.training;
      const known = { labels, groups, keys, ways: classes.length, features, settings, ...(signal && { signal }) };
      return {
        answer: async (train, asked, random) => {
          const tuned = await tuneRows(tuner, {
            ...known,
            rows: train,
            random,
            ...(threads !== undefined && { threads }),
          });
          signal?.throwIfAborted();
          return predictedLabels(await tuner.score(tuned, asked));
        },
        close: async () => {
          await tuner.close();
          await varied.close();
        },
      };
    },
  };
};

/** Highest learning rate and photos of a step of a small network from random weights. */
const SCRATCH = { rate: 2e-3, batch: 50 };

/** A small network (Conv-4) from random weights. */
export const scratchLearner = (
  { lesson, seed, threads, signal }: LearnerTask,
  { side, epochs }: { readonly side: number; readonly epochs: number },
): Learner => {
  const { labels, keys, classes, backbone } = lesson;
  const size = { width: side, height: side };
  const photos = photosFor(lesson, { ...backbone.preprocess, ...size, fit: "squash", resizeTo: side });
  return {
    text: `Conv-4 from random weights (${side} px, ${epochs} epochs)`,
    under: async (policy) => {
      const varied = varyPhotos(photos, policy, { ...size, seed: `views ${seed}`, keys });
      return {
        answer: async (train, asked, random) => {
          const trained = await trainFromScratch({
            network: (scope, x) => conv4(scope, x),
            photos: varied,
            size: [side, side],
            rows: train,
            labels,
            ways: classes.length,
            epochs,
            ...SCRATCH,
            smoothing: fineTuneDefaults.smoothing,
            policy,
            views: policy.steps.length === 0 ? 1 : "fresh",
            random,
            ...(threads !== undefined && { threads }),
            ...(signal && { onEpoch: () => signal.throwIfAborted() }),
          });
          return predictedLabels(await trained.score(asked));
        },
        close: () => varied.close(),
      };
    },
  };
};
