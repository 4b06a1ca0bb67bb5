import { join } from "node:path";
import { createRandom } from "../base/random.ts";
import { chooseRival, type RivalArm } from "../evaluate/choose-rival.ts";
import { contest } from "../evaluate/contest.ts";
import type { UnlabelledEvidence } from "../evaluate/evidence.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import { hasManyScores } from "../methods/many-classes.ts";
import type { Answerer } from "./build-artifact.ts";
import { FEWEST_TO_TUNE, openTuning, type FineTuneOptions, type Tuning, type TuningProgress } from "./fine-tune.ts";
import type { Lesson } from "./lesson.ts";
import { openVolumeTraining } from "./train-volumes.ts";
import { tuningPool, type TuningPool } from "./tuning-pool.ts";
import type { TuningLesson } from "./unlabelled-photos.ts";

export interface TuneLessonOptions {
  readonly fineTune: FineTuneOptions;
  readonly seed: number;
  /** Folder for checkpoints. */
  readonly folder: string;
  /** The head that learned from the labelled photos alone, where the other one has learned from more. */
  readonly photosAlone?: HeadResult;
  /** Unlabelled photos, and how the network is to learn from them. */
  readonly unlabelled: TuningLesson | null;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TuningProgress) => void;
}

export interface Tuned extends Answerer {
  /** Whether the tuned network is used, not the head. */
  readonly won: boolean;
  /** What learning from unlabelled photos proved in tuning; null where that was not tried. */
  readonly networks: UnlabelledEvidence | null;
}

/** Why the network is not tuned although it was asked for; null where it can be. */
export const hindranceOf = ({ labels, selected, classes }: Lesson): string | null => {
  if (hasManyScores(labels.length, classes.length))
    return `not fine-tuned: ${labels.length} photos of ${classes.length} classes are too many to judge each by both`;
  const few = classes.filter(
    (_, c) => new Set(selected.training.groups.filter((_, i) => labels[i] === c)).size < FEWEST_TO_TUNE,
  );
  return few.length === 0
    ? null
    : `not fine-tuned: class "${few[0]}" has fewer than ${FEWEST_TO_TUNE} photos of different scenes`;
};

/** The same network tuned to the labelled photos alone and, where there is a pool, with it. Each must be closed. */
const openTunings = async (
  lesson: Lesson,
  head: HeadResult,
  { fineTune, seed, folder, unlabelled, threads, signal, onProgress }: TuneLessonOptions,
): Promise<[Tuning, ...Tuning[]]> => {
  const { backbone, dataset, selected, classes, labels, keys } = lesson;
  const { items, groups } = selected.training;
  const trainings = unlabelled ? 2 : 1;
  const open = (index: number, pool?: TuningPool): Promise<Tuning> =>
    (backbone.resolved.source === "random" ? openVolumeTraining : openTuning)({
      backbone,
      dataset,
      items,
      labels,
      groups,
      keys,
      ways: classes.length,
      options: { ...fineTune, ...(fineTune.seconds !== undefined && { seconds: fineTune.seconds / trainings }) },
      random: createRandom(seed).fork("fine-tuning"),
      folder: pool ? join(folder, pool.name) : folder,
      ...(pool && { pool }),
      ...(threads !== undefined && { threads }),
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: ({ training, trainings: each, ...epochs }: TuningProgress) =>
          onProgress({ training: index * (each - 1) + training, trainings: trainings * (each - 1) + 1, ...epochs }),
      }),
    });
  const plain = await open(0);
  if (!unlabelled) return [plain];
  const random = createRandom(seed).fork("unlabelled");
  const pool = tuningPool(unlabelled.pool, head, {
    teaching: unlabelled.teaching,
    random,
    ...(threads !== undefined && { threads }),
  });
  return [plain, await open(1, pool)];
};

/**
 * Tunes the network and sets it against the head on frozen features, which is kept where it is not beaten; tuned with
 * unlabelled photos only where that proves a gain over tuning without.
 */
export const tuneLesson = async (lesson: Lesson, head: HeadResult, options: TuneLessonOptions): Promise<Tuned> => {
  const tunings = await openTunings(lesson, options.photosAlone ?? head, options);
  let done = false;
  try {
    const rivals: RivalArm[] = [];
    for (const [i, tuning] of tunings.entries())
      rivals.push({
        name: i === 0 ? "none" : options.unlabelled!.teaching.name,
        rival: await tuning.crossValidate(),
      });
    const random = createRandom(options.seed).fork("rivals");
    const chosen = chooseRival(rivals as [RivalArm, ...RivalArm[]], head.findings, random);
    const { won, evidence } = await contest(head, chosen.rival);
    const emit = won === "rival" ? await tunings[chosen.index]!.finish() : null;
    done = true;
    const networks = rivals.length > 1 ? chosen.unlabelled : null;
    const unlabelled = won === "rival" ? networks : head.evidence.unlabelled;
    return {
      ...head,
      evidence: { ...evidence, ...(unlabelled && { unlabelled }) },
      graph: emit ?? head.graph,
      networks,
      won: won === "rival",
    };
  } finally {
    for (const tuning of tunings.toReversed()) await tuning.close(done);
  }
};
